import type { QuarantineReason } from '../tokenization/ports/pair-store.ts';
import { arrayLiteral } from './array-parameters.ts';
import type { Sql } from './database.ts';

/**
 * STAGED or AVAILABLE -> QUARANTINED. A pair that was reserved meanwhile is left alone: the update waits for its row and then finds
 * another state. Its row on a shelf goes in the same statement.
 */
export async function quarantineUnused(
  sql: Sql,
  pairIds: readonly bigint[],
  reason: QuarantineReason,
): Promise<number> {
  const quarantined = await sql`
    WITH quarantined AS (
      UPDATE pair
      SET state = 'QUARANTINED', reason = ${reason}, quarantined_at = now()
      WHERE id = ANY (${arrayLiteral(pairIds)}::bigint[]) AND state IN ('STAGED', 'AVAILABLE')
      RETURNING id
    ),
    unstaged AS (
      DELETE FROM staged_pair USING quarantined WHERE staged_pair.pair_id = quarantined.id
    ),
    withdrawn AS (
      DELETE FROM available_pair USING quarantined WHERE available_pair.pair_id = quarantined.id
    )
    INSERT INTO quarantined_pair (pair_id)
    SELECT id FROM quarantined
    RETURNING pair_id
  `;
  return quarantined.length;
}
