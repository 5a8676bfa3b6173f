import type { IdempotencyClaim, Reservation } from '../tokenization/ports/pair-store.ts';
import type { Sql } from './database.ts';
import { bytea } from './idempotency-claim.ts';

/**
 * RESERVED -> AVAILABLE by the reservation's owner, who knows that nothing can be bound to the pair. The pair loses its reservation id in the same
 * update, so a second execution, or a late one, finds nothing of its own and changes nothing. Where a key was claimed, its row is locked
 * first: once another request has taken the key up, that one may have sent the pair to NS1 too, and the owner's knowledge is not enough.
 * False when the pair was not given back, by this execution.
 */
export async function release(
  sql: Sql,
  { id, pairId }: Reservation,
  reason: 'not-dispatched' | 'card-already-bound',
  claim: IdempotencyClaim | null,
): Promise<boolean> {
  const [freed] = await sql`
    WITH held_key AS MATERIALIZED (
      SELECT is_resumed
      FROM idempotency_key
      WHERE key_hash = ${claim === null ? null : bytea(claim.keyHash)}::bytea
      FOR UPDATE
    ),
    freed AS (
      UPDATE pair
      SET state = 'AVAILABLE', settled_by = ${id}, reservation_id = NULL, released_at = now(), reason = ${reason}
      WHERE id = ${pairId} AND reservation_id = ${id} AND state = 'RESERVED'
        AND NOT coalesce((SELECT is_resumed FROM held_key), false)
      RETURNING id, expires_at
    ),
    closed AS (
      DELETE FROM reservation USING freed WHERE reservation.id = ${id}
    )
    INSERT INTO available_pair (pair_id, expires_at)
    SELECT id, expires_at FROM freed
    RETURNING pair_id
  `;
  return freed !== undefined;
}
