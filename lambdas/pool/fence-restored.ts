import type { Sql } from './database.ts';

/**
 * After a restore from backup nobody knows which of the pairs that look unused were given out since: none of them is ever offered again
 * (brief 2, rule 9). Reads repair those that were. One transaction; the prefetch lease is overtaken, so that a run that survived the restore
 * cannot put its pairs on offer. Spare tokens may have been paired since, too.
 */
export async function fenceRestored(sql: Sql): Promise<{ quarantined: number; spareTokens: number }> {
  return sql.begin(async (transaction) => {
    await transaction`
      UPDATE job_lease SET fencing = fencing + 1000000, holder = 'restore fence', expires_at = now() WHERE job = 'prefetch'
    `;
    const quarantined = await transaction`
      WITH unused AS (
        SELECT pair_id FROM staged_pair
        UNION ALL
        SELECT pair_id FROM available_pair
        UNION ALL
        SELECT pair_id FROM reservation
      ),
      quarantined AS (
        UPDATE pair
        SET state = 'QUARANTINED', reason = 'restored', quarantined_at = now()
        FROM unused
        WHERE pair.id = unused.pair_id AND pair.state IN ('STAGED', 'AVAILABLE', 'RESERVED')
        RETURNING pair.id
      ),
      unstaged AS (DELETE FROM staged_pair),
      withdrawn AS (DELETE FROM available_pair),
      closed AS (DELETE FROM reservation)
      INSERT INTO quarantined_pair (pair_id)
      SELECT id FROM quarantined
      RETURNING pair_id
    `;
    const spare = await transaction`
      UPDATE unpaired_token SET rejected_because = 'restored' WHERE rejected_because IS NULL RETURNING token
    `;
    return { quarantined: quarantined.length, spareTokens: spare.length };
  }) as Promise<{ quarantined: number; spareTokens: number }>;
}
