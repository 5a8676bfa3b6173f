import type { QuarantineReason, Reservation } from '../tokenization/ports/pair-store.ts';
import type { Sql } from './database.ts';

/**
 * RESERVED -> QUARANTINED by the reservation's owner: it may be bound, or must not be used. Executed again, or after the settler, it
 * changes nothing: the pair is in quarantine then.
 */
export async function quarantineReservation(
  sql: Sql,
  { id, pairId }: Reservation,
  reason: QuarantineReason,
): Promise<void> {
  await sql`
    WITH quarantined AS (
      UPDATE pair
      SET state = 'QUARANTINED', reason = ${reason}, quarantined_at = now()
      WHERE id = ${pairId} AND reservation_id = ${id} AND state = 'RESERVED'
      RETURNING id
    ),
    closed AS (
      DELETE FROM reservation USING quarantined WHERE reservation.id = ${id}
    )
    INSERT INTO quarantined_pair (pair_id)
    SELECT id FROM quarantined
  `;
}
