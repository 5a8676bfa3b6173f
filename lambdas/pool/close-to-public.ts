import type { Sql } from './database.ts';

interface PublicRight {
  readonly name: string;
  /** True while PUBLIC, and with it every role, has the right. */
  readonly isOpen: string;
  readonly revoke: string;
}

const RIGHTS_OF_PUBLIC: readonly PublicRight[] = [
  {
    // A temporary type, table or view is found before PostgreSQL's own by whatever does not name its schema.
    name: 'temporary objects',
    isOpen: "has_database_privilege('public', current_database(), 'TEMPORARY')",
    revoke: 'REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC',
  },
  {
    name: 'schemas of its own',
    isOpen: "has_database_privilege('public', current_database(), 'CREATE')",
    revoke: 'REVOKE CREATE ON DATABASE %I FROM PUBLIC',
  },
  {
    // PostgreSQL 14 and older give it.
    name: 'objects in the schema public',
    isOpen: "has_schema_privilege('public', 'public', 'CREATE')",
    revoke: 'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
  },
];

/**
 * Takes from PUBLIC what no role of the pool needs; the names of what it still has, because the one who migrates may not take it away. Runs with each
 * migration: a database made from a template does not inherit these rights' absence.
 */
export async function closeToPublic(sql: Sql): Promise<readonly string[]> {
  const open: string[] = [];
  for (const { name, isOpen, revoke } of RIGHTS_OF_PUBLIC) {
    const stands = async (): Promise<boolean> => {
      const [found] = await sql.unsafe<{ stands: boolean }[]>(`SELECT ${isOpen} AS stands`);
      return found?.stands === true;
    };
    if (!(await stands())) continue;
    await sql.unsafe(
      `DO $$ BEGIN EXECUTE format('${revoke}', current_database()); EXCEPTION WHEN insufficient_privilege THEN NULL; END $$`,
    );
    if (await stands()) open.push(name);
  }
  return open;
}
