import { ReservationLost } from '../tokenization/errors/reservation-lost.ts';
import type { Reservation } from '../tokenization/ports/pair-store.ts';
import type { Sql } from './database.ts';

/**
 * RESERVED -> USED with its outbox row. Safe to execute again: the row is found by its primary key and changed only while it is this
 * reservation's; the second execution finds it USED by the same reservation and says so. Lock order everywhere: pair, then reservation.
 */
export async function markUsed(sql: Sql, { id, pairId }: Reservation): Promise<void> {
  const [used] = await sql`
    WITH used AS (
      UPDATE pair
      SET state = 'USED', settled_by = ${id}, used_at = now()
      WHERE id = ${pairId} AND reservation_id = ${id} AND state = 'RESERVED'
      RETURNING id, card_reference
    ),
    closed AS (
      DELETE FROM reservation USING used WHERE reservation.id = ${id}
    )
    INSERT INTO outbox_event (pair_id, card_reference)
    SELECT id, card_reference FROM used
    RETURNING pair_id
  `;
  if (used === undefined) await markUsedLate(sql, { id, pairId });
}

/**
 * A late finisher (rule 2): the settler took the reservation for dead, and NS1 has just said that the pair is bound for it. Also what
 * the second of two executions runs into: then the pair is USED by this reservation already and nothing is left to do.
 */
async function markUsedLate(sql: Sql, { id, pairId }: Pick<Reservation, 'id' | 'pairId'>): Promise<void> {
  const [promoted] = await sql`
    WITH used AS (
      UPDATE pair
      SET state = 'USED', settled_by = ${id}, used_at = now()
      WHERE id = ${pairId} AND reservation_id = ${id} AND state = 'QUARANTINED'
      RETURNING id, card_reference
    ),
    unshelved AS (
      DELETE FROM quarantined_pair USING used WHERE quarantined_pair.pair_id = used.id
    )
    INSERT INTO outbox_event (pair_id, card_reference)
    SELECT id, card_reference FROM used
    RETURNING pair_id
  `;
  if (promoted !== undefined) return;
  const [owned] = await sql`
    SELECT 1 FROM pair WHERE id = ${pairId} AND reservation_id = ${id} AND state = 'USED'
  `;
  if (owned === undefined) throw new ReservationLost();
}
