import type { Sql } from './database.ts';

export interface RoleGrants {
  readonly role: string;
  /** Functions that it may execute; it gets no other right. */
  readonly execute: readonly string[];
  /** The longest that one of its statements may take. */
  readonly statementSeconds: number;
}

/**
 * Makes each role and lets it execute its share of the functions. Where the one who migrates may not create roles (somebody's own PostgreSQL) nobody
 * else gets anything, and 0 is returned. Changes only what differs, so that it can run with each migration.
 */
export async function installRoles(sql: Sql, grants: readonly RoleGrants[]): Promise<number> {
  const [migrator] = await sql<{ mayCreateRoles: boolean }[]>`
    SELECT rolsuper OR rolcreaterole AS "mayCreateRoles" FROM pg_roles WHERE rolname = current_user
  `;
  if (migrator?.mayCreateRoles !== true) return 0;
  for (const { role, execute, statementSeconds } of grants) {
    await createRole(sql, role);
    await limitRole(sql, role, {
      statement_timeout: `${statementSeconds}s`,
      idle_in_transaction_session_timeout: '5s',
    });
    await grantExecute(sql, role, execute);
  }
  return grants.length;
}

/** Roles belong to the server and not to a database: another one's migration may just be creating the same. */
async function createRole(sql: Sql, role: string): Promise<void> {
  await sql.unsafe(`
    DO $$
    BEGIN
      IF EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN
        RETURN;
      END IF;
      CREATE ROLE ${role} LOGIN;
      -- Sign-in by IAM, on AWS.
      IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') THEN
        GRANT rds_iam TO ${role};
      END IF;
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL;
    END $$
  `);
}

/** RDS Proxy refuses timeouts in the start-up message, so the role has them. Set only where they differ: migrations of two databases would collide. */
async function limitRole(sql: Sql, role: string, limits: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(limits)) {
    const [found] = await sql<{ isLimited: boolean | null }[]>`
      SELECT ${`${name}=${value}`} = ANY (rolconfig) AS "isLimited" FROM pg_roles WHERE rolname = ${role}
    `;
    if (found?.isLimited !== true) await sql.unsafe(`ALTER ROLE ${role} SET ${name} = '${value}'`);
  }
}

/** Exactly these functions, and the schema that they are in. A function that is replaced keeps its grants, so those no longer wanted are taken away. */
async function grantExecute(sql: Sql, role: string, execute: readonly string[]): Promise<void> {
  const [schema] = await sql<{ isGranted: boolean }[]>`
    SELECT EXISTS (
      SELECT FROM pg_namespace, aclexplode(nspacl) AS granted
      WHERE nspname = 'public' AND granted.grantee = ${role}::regrole AND granted.privilege_type = 'USAGE'
    ) AS "isGranted"
  `;
  if (schema?.isGranted !== true) await sql`GRANT USAGE ON SCHEMA public TO ${sql(role)}`;
  const granted = await sql<{ name: string; signature: string }[]>`
    SELECT proname AS name, oid::regprocedure::text AS signature
    FROM pg_proc, aclexplode(proacl) AS granted
    WHERE pronamespace = 'public'::regnamespace AND granted.grantee = ${role}::regrole
  `;
  for (const { name, signature } of granted) {
    if (!execute.includes(name)) await sql.unsafe(`REVOKE ALL ON FUNCTION ${signature} FROM ${role}`);
  }
  const names = new Set(granted.map(({ name }) => name));
  for (const name of execute) {
    if (!names.has(name)) await sql`GRANT EXECUTE ON FUNCTION ${sql(name)} TO ${sql(role)}`;
  }
}
