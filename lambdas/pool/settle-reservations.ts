import type { Sql } from './database.ts';

/**
 * M1: RESERVED -> QUARANTINED for reservations older than the horizon, `limit` at most. Never back to AVAILABLE: the request that held the
 * pair may have reached NS1, or may reach it yet (brief 2, rule 1). Its owner can still finish it later. The pair is locked before
 * its reservation, as everywhere; one that its owner is finishing just now is skipped.
 */
export async function settleReservations(sql: Sql, horizonSeconds: number, limit: number): Promise<number> {
  const settled = await sql`
    WITH stale AS MATERIALIZED (
      SELECT reservation.id, reservation.pair_id
      FROM reservation
      JOIN pair ON pair.id = reservation.pair_id
      WHERE reservation.reserved_at < now() - make_interval(secs => ${horizonSeconds})
      ORDER BY reservation.reserved_at
      LIMIT ${limit}
      FOR UPDATE OF pair SKIP LOCKED
    ),
    quarantined AS (
      UPDATE pair
      SET state = 'QUARANTINED', reason = 'stale-reservation', quarantined_at = now()
      FROM stale
      WHERE pair.id = stale.pair_id AND pair.reservation_id = stale.id AND pair.state = 'RESERVED'
      RETURNING pair.id
    ),
    shelved AS (
      INSERT INTO quarantined_pair (pair_id)
      SELECT id FROM quarantined
    )
    DELETE FROM reservation USING stale WHERE reservation.id = stale.id
    RETURNING reservation.id
  `;
  return settled.length;
}
