import { LeaseLost } from '../tokenization/errors/lease-lost.ts';
import type { Lease } from '../tokenization/ports/refill-store.ts';
import { arrayLiteral } from './array-parameters.ts';
import type { Sql } from './database.ts';

/**
 * STAGED -> AVAILABLE under the run's lease, whose row is locked until the commit, so that no other run takes over in between. Executed
 * again, or by an overlapping run, it changes only pairs that are still STAGED. Returns how many came on offer. Rejects with LeaseLost.
 */
export async function activatePairs(sql: Sql, lease: Lease, pairIds: readonly bigint[]): Promise<number> {
  const [outcome] = await sql<{ isHeld: boolean; activated: number }[]>`
    WITH held AS MATERIALIZED (
      SELECT 1 FROM job_lease WHERE job = 'prefetch' AND fencing = ${lease.fencing} FOR SHARE
    ),
    activated AS (
      UPDATE pair
      SET state = 'AVAILABLE', available_at = now()
      WHERE id = ANY (${arrayLiteral(pairIds)}::bigint[]) AND state = 'STAGED' AND EXISTS (SELECT 1 FROM held)
      RETURNING id, expires_at
    ),
    unstaged AS (
      DELETE FROM staged_pair USING activated WHERE staged_pair.pair_id = activated.id
    ),
    shelved AS (
      INSERT INTO available_pair (pair_id, expires_at)
      SELECT id, expires_at FROM activated
    )
    SELECT EXISTS (SELECT 1 FROM held) AS "isHeld", (SELECT count(*) FROM activated)::int AS activated
  `;
  if (outcome?.isHeld !== true) throw new LeaseLost();
  return outcome.activated;
}
