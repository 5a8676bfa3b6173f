import type { Reservation } from '../tokenization/ports/pair-store.ts';
import type { Sql } from './database.ts';

/**
 * RESERVED -> AVAILABLE by the reservation's owner, who knows that nothing can be bound to the pair. The pair loses its reservation id in the same
 * update, so a second execution, or a late one, finds nothing of its own and changes nothing.
 */
export async function release(
  sql: Sql,
  { id, pairId }: Reservation,
  reason: 'not-dispatched' | 'card-already-bound',
): Promise<void> {
  await sql`
    WITH freed AS (
      UPDATE pair
      SET state = 'AVAILABLE', settled_by = ${id}, reservation_id = NULL, released_at = now(), reason = ${reason}
      WHERE id = ${pairId} AND reservation_id = ${id} AND state = 'RESERVED'
      RETURNING id, expires_at
    ),
    closed AS (
      DELETE FROM reservation USING freed WHERE reservation.id = ${id}
    )
    INSERT INTO available_pair (pair_id, expires_at)
    SELECT id, expires_at FROM freed
  `;
}
