import type { Sql } from '../database/database.ts';

export interface RoleGrants {
  readonly role: string;
  /** Functions that it may execute; it gets no other right. */
  readonly execute: readonly string[];
  /** The longest that one of its statements may take. */
  readonly statementSeconds: number;
  /** The share of the server's connections that it may have at once, between 0 and 1. */
  readonly connectionShare?: number;
}

/** Connections that a role may have even on a server with few. */
const FEWEST_CONNECTIONS = 3;
const DEFAULT_SHARE = 0.5;

export interface CreatedRoles {
  /** None where the one who migrates may not create roles (somebody's own PostgreSQL). */
  readonly roles: number;
  /** Roles that keep other limits, because another user of the server made them and the one who migrates may not change them. */
  readonly rolesWithOtherLimits: readonly string[];
}

/** Makes each role, with its limits. Roles belong to the server: another database's migration may be at the same ones, so only what differs is changed. */
export async function createRoles(sql: Sql, grants: readonly RoleGrants[]): Promise<CreatedRoles> {
  if (!(await mayCreateRoles(sql))) return { roles: 0, rolesWithOtherLimits: [] };
  const rolesWithOtherLimits: string[] = [];
  for (const { role, statementSeconds, connectionShare = DEFAULT_SHARE } of grants) {
    await createRole(sql, role);
    const settings = { statement_timeout: `${statementSeconds}s`, idle_in_transaction_session_timeout: '5s' };
    const limit = async (): Promise<boolean> => {
      const hasSettings = await limitSettings(sql, role, settings);
      return (await limitConnections(sql, role, connectionShare)) && hasSettings;
    };
    // The second look is at what the first one changed.
    if (!(await limit()) && !(await limit())) rolesWithOtherLimits.push(role);
  }
  return { roles: grants.length, rolesWithOtherLimits };
}

/** Lets each role execute its functions, and no other. */
export async function grantFunctions(sql: Sql, grants: readonly RoleGrants[]): Promise<void> {
  if (!(await mayCreateRoles(sql))) return;
  for (const { role, execute } of grants) await grantExecute(sql, role, execute);
}

async function mayCreateRoles(sql: Sql): Promise<boolean> {
  const [migrator] = await sql<{ mayCreate: boolean }[]>`
    SELECT rolsuper OR rolcreaterole AS "mayCreate" FROM pg_roles WHERE rolname = current_user
  `;
  return migrator?.mayCreate === true;
}

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

/**
 * RDS Proxy refuses timeouts in the start-up message, so the role has them. A role can change its own settings for its later sessions, by ALTER
 * ROLE: each migration takes back whatever is not its own. True when there was nothing to change.
 */
async function limitSettings(sql: Sql, role: string, limits: Readonly<Record<string, string>>): Promise<boolean> {
  const wanted = Object.entries(limits).map(([name, value]) => `${name}=${value}`);
  const found = await sql<{ database: string | null; settings: string[] }[]>`
    SELECT datname AS database, to_json(setconfig) AS settings
    FROM pg_db_role_setting
    LEFT JOIN pg_database ON pg_database.oid = setdatabase
    WHERE setrole = ${role}::regrole
  `;
  const elsewhere = found.filter(({ database }) => database !== null);
  for (const { database } of elsewhere) {
    await changeRole(sql, `ALTER ROLE ${role} IN DATABASE "${database}" RESET ALL`);
  }
  const settings = found.find(({ database }) => database === null)?.settings ?? [];
  if (settings.length === wanted.length && wanted.every((setting) => settings.includes(setting))) {
    return elsewhere.length === 0;
  }
  await changeRole(
    sql,
    `ALTER ROLE ${role} RESET ALL; ${Object.entries(limits)
      .map(([name, value]) => `ALTER ROLE ${role} SET ${name} = '${value}'`)
      .join('; ')}`,
  );
  return false;
}

async function limitConnections(sql: Sql, role: string, share: number): Promise<boolean> {
  const [found] = await sql<{ limit: number; most: number }[]>`
    SELECT rolconnlimit AS limit, current_setting('max_connections')::int AS most FROM pg_roles WHERE rolname = ${role}
  `;
  const limit = Math.max(FEWEST_CONNECTIONS, Math.floor((found?.most ?? 0) * share));
  if (found?.limit === limit) return true;
  await changeRole(sql, `ALTER ROLE ${role} CONNECTION LIMIT ${limit}`);
  return false;
}

/** A role that another user of the server made stays as it is where the one who migrates may not change it. Another migration may just have changed it. */
async function changeRole(sql: Sql, commands: string): Promise<void> {
  await sql.unsafe(`
    DO $$
    BEGIN
      ${commands};
    EXCEPTION
      -- PostgreSQL has no code of its own for "tuple concurrently updated".
      WHEN insufficient_privilege OR internal_error THEN NULL;
    END $$
  `);
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
