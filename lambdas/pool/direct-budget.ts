import type { Sql } from './database.ts';

/**
 * One direct creation out of this second's share, counted for all instances together; false when the share is used up. The row lock
 * on the second makes the count exact, and only an empty pool ever takes it.
 */
export async function spendDirectBudget(sql: Sql, creationsPerSecond: number): Promise<boolean> {
  const [spent] = await sql`
    INSERT INTO direct_path_second (second, creations)
    VALUES (date_trunc('second', clock_timestamp()), 1)
    ON CONFLICT (second) DO UPDATE
      SET creations = direct_path_second.creations + 1
      WHERE direct_path_second.creations < ${creationsPerSecond}
    RETURNING creations
  `;
  return spent !== undefined;
}
