import type { Sql } from './database.ts';

export interface RoleGrants {
  readonly role: string;
  /** Functions that it may execute; it gets no other right. */
  readonly execute: readonly string[];
  /** The longest that one of its statements may take. */
  readonly statementSeconds: number;
}

/**
 * The hot path's functions. Their texts name each table with its schema instead: a search path that is set for each call takes a fifth of their rate
 * (docs/performance.md). Operators stay PostgreSQL's own, because no role may create anything in any schema.
 */
const NAMES_ITS_SCHEMA = ['reserve', 'mark_used'];

/**
 * Makes the functions run with their owner's rights and nobody's own, and lets each role execute its share. Where the one who migrates may not create
 * roles (somebody's own PostgreSQL) nobody else gets anything, and 0 is returned.
 */
export async function installRoles(sql: Sql, grants: readonly RoleGrants[]): Promise<number> {
  // Each function's own search path, so that nobody can slip it another table.
  await sql.unsafe(`
    DO $$
    DECLARE
      routine regprocedure;
    BEGIN
      FOR routine IN
        SELECT oid FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND prokind = 'f' AND prorettype <> 'trigger'::regtype
      LOOP
        EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER SET search_path = %I, pg_temp', routine, current_schema());
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', routine);
      END LOOP;
    END $$
  `);
  for (const name of NAMES_ITS_SCHEMA) await sql`ALTER FUNCTION ${sql(name)} RESET search_path`;
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
    await sql`GRANT USAGE ON SCHEMA public TO ${sql(role)}`;
    // What it may execute no longer: a function that is replaced keeps its grants.
    await sql`REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM ${sql(role)}`;
    for (const name of execute) await sql`GRANT EXECUTE ON FUNCTION ${sql(name)} TO ${sql(role)}`;
  }
  return grants.length;
}

/** Roles belong to the server and not to a database: another one's migration may just be creating the same. */
async function createRole(sql: Sql, role: string): Promise<void> {
  await sql.unsafe(`
    DO $$
    BEGIN
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
