import type { Sql } from '../../../lambdas/pool/database/database.ts';

/** More than any two stored times differ, so that a shifted row never collides with another key. */
const FAR_AWAY = "interval '1000 years'";

/**
 * Changes the database as if its clock had just been set by `seconds`: ahead when positive, back
 * when negative. The clock of a machine cannot be set for one database, so every stored time is
 * moved in the other direction. The columns are read from the catalogue, so that none is forgotten.
 * Triggers are off, which needs a superuser.
 */
export async function stepDatabaseClock(sql: Sql, seconds: number): Promise<void> {
  const columns = await sql<{ table: string; column: string }[]>`
    SELECT format('%I.%I', table_schema, table_name) AS table, quote_ident(column_name) AS column
    FROM information_schema.columns
    JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND data_type = 'timestamp with time zone'
    ORDER BY table_name, column_name
  `;
  const columnsByTable = Map.groupBy(columns, ({ table }) => table);
  const update = (by: string): string[] =>
    [...columnsByTable].map(
      ([table, own]) => `UPDATE ${table} SET ${own.map(({ column }) => `${column} = ${column} ${by}`).join(', ')}`,
    );
  // Sent as one text, which is one transaction.
  const statements = [
    "SELECT set_config('session_replication_role', 'replica', true)",
    ...update(`+ ${FAR_AWAY}`),
    ...update(`- ${FAR_AWAY} - make_interval(secs => ${seconds})`),
  ];
  await sql.unsafe(statements.join(';\n'));
}
