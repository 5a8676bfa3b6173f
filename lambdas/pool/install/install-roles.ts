import type { Sql } from '../database/database.ts';
import { INSTALLED_MARK } from './drop-unused-functions.ts';

export interface RoleGrants {
  readonly role: string;
  /** Functions that it may execute. It has no other right. */
  readonly execute: readonly string[];
  /** The statement timeout of the role. */
  readonly statementSeconds: number;
  /** The share of the server's connections that the role may use at once, between 0 and 1. */
  readonly connectionShare?: number;
}

/** Connections that a role may use even when its share is smaller. */
const MIN_CONNECTIONS = 3;
const DEFAULT_SHARE = 0.5;

export interface CreatedRoles {
  /** The number of roles; 0 when the migrating user may not create roles. */
  readonly roles: number;
  /**
   * Roles that keep other limits: another user created them, and the migrating user may not change
   * them.
   */
  readonly rolesWithOtherLimits: readonly string[];
}

/**
 * Creates each role, with its limits. Roles belong to the server, and the migration of another
 * database can create the same ones at the same time. So only what differs is changed.
 */
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
    // The second call checks what the first one changed.
    if (!(await limit()) && !(await limit())) rolesWithOtherLimits.push(role);
  }
  return { roles: grants.length, rolesWithOtherLimits };
}

/** Lets each role execute exactly its functions, and every other role none. */
export async function grantFunctions(sql: Sql, grants: readonly RoleGrants[]): Promise<void> {
  if (!(await mayCreateRoles(sql))) return;
  await revokeFromOtherRoles(sql, grants);
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
 * Gives the role its settings and no others. The timeouts are settings of the role, because RDS
 * Proxy refuses them in the start-up message. A role can change its own settings for its later
 * sessions (ALTER ROLE), so each migration resets them. Returns whether nothing had to be changed.
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
  const limit = Math.max(MIN_CONNECTIONS, Math.floor((found?.most ?? 0) * share));
  if (found?.limit === limit) return true;
  await changeRole(sql, `ALTER ROLE ${role} CONNECTION LIMIT ${limit}`);
  return false;
}

/**
 * Leaves the role unchanged when the migrating user may not change it, or another migration just
 * did.
 */
async function changeRole(sql: Sql, commands: string): Promise<void> {
  await sql.unsafe(`
    DO $$
    BEGIN
      ${commands};
    EXCEPTION
      -- PostgreSQL reports "tuple concurrently updated" as internal_error.
      WHEN insufficient_privilege OR internal_error THEN NULL;
    END $$
  `);
}

/** A role that is not in the table of rights any more must not keep what it could execute. */
async function revokeFromOtherRoles(sql: Sql, grants: readonly RoleGrants[]): Promise<void> {
  const known = new Set(grants.map(({ role }) => role));
  const granted = await sql<{ role: string; signature: string }[]>`
    SELECT rolname AS role, pg_proc.oid::regprocedure::text AS signature
    FROM pg_proc, aclexplode(proacl) AS granted
    JOIN pg_roles ON pg_roles.oid = granted.grantee
    WHERE pronamespace = 'public'::regnamespace
      AND obj_description(pg_proc.oid, 'pg_proc') = ${INSTALLED_MARK}
      AND granted.grantee <> proowner
  `;
  for (const { role, signature } of granted) {
    if (!known.has(role)) await sql.unsafe(`REVOKE ALL ON FUNCTION ${signature} FROM "${role}"`);
  }
}

/**
 * Grants the role exactly these functions, and the use of their schema. A function that is replaced
 * keeps its grants, so the grants that are not wanted any more are revoked.
 */
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
