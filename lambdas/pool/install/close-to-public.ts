import type { Sql } from '../database/database.ts';

interface PublicRight {
  readonly name: string;
  /**
   * A query for the commands that revoke it. It returns no row if PUBLIC does not have the right.
   */
  readonly commands: string;
}

/**
 * Functions of PostgreSQL that no role of the pool needs, and with which every role could do harm.
 */
const FUNCTIONS: readonly (readonly [name: string, functions: string])[] = [
  ['large objects', "proname LIKE 'lo\\_%' OR proname IN ('loread', 'lowrite')"],
  // An advisory lock outlives its transaction, and another product's job may wait for it.
  ['advisory locks', "proname ~ '^pg_(try_)?advisory_'"],
  ['notifications', "proname = 'pg_notify'"],
  ['other sessions', "proname IN ('pg_cancel_backend', 'pg_terminate_backend')"],
  // These write to the log that replicas receive, or hold back vacuum.
  ['replication messages and snapshots', "proname IN ('pg_logical_emit_message', 'pg_export_snapshot')"],
];

const functionRight = ([name, functions]: (typeof FUNCTIONS)[number]): PublicRight => ({
  name,
  commands: `
    SELECT format('REVOKE EXECUTE ON FUNCTION pg_catalog.%I(%s) FROM PUBLIC', proname, pg_get_function_identity_arguments(oid)) AS command
    FROM pg_proc
    WHERE pronamespace = 'pg_catalog'::regnamespace AND (${functions}) AND has_function_privilege('public', oid, 'EXECUTE')
  `,
});

const databaseRight = (name: string, right: string): PublicRight => ({
  name,
  commands: `
    SELECT format('REVOKE ${right} ON DATABASE %I FROM PUBLIC', current_database()) AS command
    WHERE has_database_privilege('public', current_database(), '${right}')
  `,
});

const RIGHTS_OF_PUBLIC: readonly PublicRight[] = [
  // PostgreSQL finds a temporary type, table or view first when a statement does not name the
  // schema.
  databaseRight('temporary objects', 'TEMPORARY'),
  databaseRight('schemas', 'CREATE'),
  {
    // PostgreSQL 14 and older grant it by default.
    name: 'objects in the schema public',
    commands: `
      SELECT 'REVOKE CREATE ON SCHEMA public FROM PUBLIC' AS command WHERE has_schema_privilege('public', 'public', 'CREATE')
    `,
  },
  {
    // Installed functions run without this right.
    name: 'DO blocks',
    commands: `
      SELECT format('REVOKE USAGE ON LANGUAGE %I FROM PUBLIC', lanname) AS command
      FROM pg_language
      WHERE lanpltrusted AND has_language_privilege('public', oid, 'USAGE')
    `,
  },
  {
    // RDS Proxy checks its server through the database "postgres", with the right of PUBLIC.
    name: 'connections to template1 and postgres',
    commands: `
      SELECT format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', datname) AS command
      FROM pg_database
      WHERE datname IN ('template1', 'postgres') AND datname <> current_database()
        AND has_database_privilege('public', oid, 'CONNECT')
        AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rdsadmin' AND datname = 'postgres')
    `,
  },
  ...FUNCTIONS.map(functionRight),
];

/**
 * Revokes from PUBLIC what no role of the pool needs. Returns the names of the rights that are
 * left, because the migrating user may not revoke them. The database must belong to the pool alone.
 * It runs in each migration, because a database that was created from another one has the default
 * rights.
 */
export async function closeToPublic(sql: Sql): Promise<readonly string[]> {
  const open: string[] = [];
  for (const { name, commands } of RIGHTS_OF_PUBLIC) {
    const [left] = await sql.unsafe<{ count: number }[]>(`SELECT count(*)::int FROM (${commands}) AS commands`);
    if (left?.count === 0) continue;
    await sql.unsafe(`
      DO $$
      DECLARE
        command text;
      BEGIN
        FOR command IN ${commands} LOOP
          EXECUTE command;
        END LOOP;
      EXCEPTION
        -- internal_error: another migration changed the same row at this moment.
        WHEN insufficient_privilege OR internal_error THEN NULL;
      END $$
    `);
    const [still] = await sql.unsafe<{ count: number }[]>(`SELECT count(*)::int FROM (${commands}) AS commands`);
    if (still?.count !== 0) open.push(name);
  }
  return open;
}
