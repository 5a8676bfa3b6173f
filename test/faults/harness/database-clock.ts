import type { Sql } from '../../../lambdas/pool/database/database.ts';

/** Far more than any two stored times are apart, so that no row meets another one of its key while a column is shifted. */
const OUT_OF_THE_WAY = "interval '1000 years'";

/**
 * Brings the database into the state that it would be in if its clock had just been set by so many seconds: ahead when positive, back
 * when negative. The clock of the machine cannot be set for one database, so every stored time is moved the other way instead;
 * the columns are read from the catalogue, so that none is left out. Triggers are off for it. Needs a superuser.
 */
export async function stepDatabaseClock(sql: Sql, seconds: number): Promise<void> {
  const columns = await sql<{ table: string; column: string }[]>`
    SELECT format('%I.%I', table_schema, table_name) AS table, quote_ident(column_name) AS column
    FROM information_schema.columns
    JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND data_type = 'timestamp with time zone'
    ORDER BY table_name, column_name
  `;
  const shifts = Map.groupBy(columns, ({ table }) => table);
  const update = (by: string): string[] =>
    [...shifts].map(
      ([table, own]) => `UPDATE ${table} SET ${own.map(({ column }) => `${column} = ${column} ${by}`).join(', ')}`,
    );
  // Sent as one text, which is one transaction.
  const statements = [
    "SELECT set_config('session_replication_role', 'replica', true)",
    ...update(`+ ${OUT_OF_THE_WAY}`),
    ...update(`- ${OUT_OF_THE_WAY} - make_interval(secs => ${seconds})`),
  ];
  await sql.unsafe(statements.join(';\n'));
}
