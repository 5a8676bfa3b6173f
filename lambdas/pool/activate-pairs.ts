import type { Lease } from '../tokenization/ports/refill-store.ts';
import { arrayLiteral } from './array-parameters.ts';
import type { Sql } from './database.ts';
import { assertLease } from './job-lease.ts';

/**
 * STAGED -> AVAILABLE under the run's lease. Executed again, or by an overlapping run, it changes only pairs that are still STAGED. Returns
 * how many came on offer.
 */
export async function activatePairs(sql: Sql, lease: Lease, pairIds: readonly bigint[]): Promise<number> {
  return sql.begin(async (transaction) => {
    await assertLease(transaction as unknown as Sql, 'prefetch', lease);
    const activated = await transaction`
      WITH activated AS (
        UPDATE pair
        SET state = 'AVAILABLE', available_at = now()
        WHERE id = ANY (${arrayLiteral(pairIds)}::bigint[]) AND state = 'STAGED'
        RETURNING id, expires_at
      ),
      unstaged AS (
        DELETE FROM staged_pair USING activated WHERE staged_pair.pair_id = activated.id
      )
      INSERT INTO available_pair (pair_id, expires_at)
      SELECT id, expires_at FROM activated
      RETURNING pair_id
    `;
    return activated.length;
  }) as Promise<number>;
}
