import type { Sql } from './database.ts';
import { quarantineUnused } from './quarantine-unused.ts';

/**
 * STAGED or AVAILABLE -> QUARANTINED for pairs whose tokens come too near their expiry (brief 2, rule 8), `limit` at most. Only the
 * shelves are read; a pair that is reserved meanwhile is left to its owner.
 */
export async function retireExpired(sql: Sql, limit: number): Promise<number> {
  const expired = await sql<{ id: bigint }[]>`
    SELECT pair_id AS id FROM available_pair WHERE expires_at <= now()
    UNION ALL
    SELECT pair.id FROM staged_pair JOIN pair ON pair.id = staged_pair.pair_id WHERE pair.expires_at <= now()
    LIMIT ${limit}
  `;
  if (expired.length === 0) return 0;
  return quarantineUnused(
    sql,
    expired.map(({ id }) => id),
    'expired',
  );
}
