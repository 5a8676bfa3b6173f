import type { Sql } from '../database/database.ts';

interface PublicRight {
  readonly name: string;
  /** Commands that take it away; none when PUBLIC, and with it every role, does not have it. */
  readonly commands: string;
}

/** Functions of PostgreSQL that no role of the pool calls, by the harm that every role could do with them. */
const FUNCTIONS: readonly (readonly [name: string, functions: string])[] = [
  ['large objects', "proname LIKE 'lo\\_%' OR proname IN ('loread', 'lowrite')"],
  // They outlive the transaction, and a job of another product may wait for one.
  ['advisory locks', "proname ~ '^pg_(try_)?advisory_'"],
  ['notifications', "proname = 'pg_notify'"],
  ['other sessions', "proname IN ('pg_cancel_backend', 'pg_terminate_backend')"],
  // Writes to the log that replicas receive, and keeps vacuum from its work.
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
  // A temporary type, table or view is found before PostgreSQL's own by whatever does not name its schema.
  databaseRight('temporary objects', 'TEMPORARY'),
  databaseRight('schemas', 'CREATE'),
  {
    // PostgreSQL 14 and older give it.
    name: 'objects in the schema public',
    commands: `
      SELECT 'REVOKE CREATE ON SCHEMA public FROM PUBLIC' AS command WHERE has_schema_privilege('public', 'public', 'CREATE')
    `,
  },
  {
    // DO blocks need it. Functions that are installed run without it.
    name: 'code of its own',
    commands: `
      SELECT format('REVOKE USAGE ON LANGUAGE %I FROM PUBLIC', lanname) AS command
      FROM pg_language
      WHERE lanpltrusted AND has_language_privilege('public', oid, 'USAGE')
    `,
  },
  {
    // RDS Proxy looks at its server through the database "postgres", with the right that everybody has.
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
 * Takes from PUBLIC what no role of the pool needs; the names of what it still has, because the one who migrates may not take it away. The
 * database is the pool's alone. Runs with each migration: a database that is made from another one has PostgreSQL's usual rights again.
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
        -- Another database's migration may just be at the same row, which PostgreSQL has no code of its own for.
        WHEN insufficient_privilege OR internal_error THEN NULL;
      END $$
    `);
    const [still] = await sql.unsafe<{ count: number }[]>(`SELECT count(*)::int FROM (${commands}) AS commands`);
    if (still?.count !== 0) open.push(name);
  }
  return open;
}
