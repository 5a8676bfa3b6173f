import postgres from 'postgres';
import type { IdempotencyClaim, Reservation } from '../tokenization/ports/pair-store.ts';
import type { Sql } from './database.ts';
import { bytea, type ClaimSettings } from './idempotency-claim.ts';

type TakenPair = Omit<Reservation, 'id'>;

/**
 * Takes one pair off the shelf at random. No two transactions take the same: the row on the shelf is locked first, and those that are locked are
 * skipped. From a random place on, so that clients do not fight for the head of a queue; round to the start when nothing follows.
 * The update looks at the pair's own state, so a stray row on the shelf costs a retry and never a pair.
 * Executed again with the same reservation id after a lost commit, the primary key of `reservation` refuses a second pair (rule 4),
 * even when the first execution is still on its way.
 */
export async function takePair(sql: Sql, reservationId: string, start: number): Promise<TakenPair | null> {
  try {
    const [pair] = await sql<TakenPair[]>`
      WITH onwards AS MATERIALIZED (
        SELECT ctid
        FROM available_pair
        WHERE position >= ${start} AND (expires_at IS NULL OR expires_at > now())
        ORDER BY position
        LIMIT 1
        FOR UPDATE SKIP LOCKED
      ),
      from_start AS MATERIALIZED (
        SELECT ctid
        FROM available_pair
        WHERE NOT EXISTS (SELECT 1 FROM onwards) AND (expires_at IS NULL OR expires_at > now())
        ORDER BY position
        LIMIT 1
        FOR UPDATE SKIP LOCKED
      ),
      withdrawn AS (
        DELETE FROM available_pair
        WHERE ctid = (SELECT ctid FROM onwards UNION ALL SELECT ctid FROM from_start)
        RETURNING pair_id
      ),
      reserved AS (
        UPDATE pair
        SET state = 'RESERVED', reservation_id = ${reservationId}, reserved_at = now()
        FROM withdrawn
        WHERE pair.id = withdrawn.pair_id AND pair.state = 'AVAILABLE'
        RETURNING pair.id, pair.internal_token, pair.card_reference
      ),
      opened AS (
        INSERT INTO reservation (id, pair_id)
        SELECT ${reservationId}, id FROM reserved
      )
      SELECT id AS "pairId", internal_token AS "internalToken", card_reference AS "cardReference"
      FROM reserved
    `;
    return pair ?? null;
  } catch (error) {
    if (isTaken(error, 'reservation_pkey')) return findReserved(sql, reservationId);
    throw error;
  }
}

/** The same, with the key's row in the same statement: where the key stands already, nothing is taken and nothing is written. */
export async function takePairForKey(
  sql: Sql,
  reservationId: string,
  start: number,
  claim: IdempotencyClaim,
  settings: ClaimSettings,
): Promise<TakenPair | null> {
  const [pair] = await sql<TakenPair[]>`
    WITH onwards AS MATERIALIZED (
      SELECT ctid, pair_id
      FROM available_pair
      WHERE position >= ${start} AND (expires_at IS NULL OR expires_at > now())
      ORDER BY position
      LIMIT 1
      FOR UPDATE SKIP LOCKED
    ),
    from_start AS MATERIALIZED (
      SELECT ctid, pair_id
      FROM available_pair
      WHERE NOT EXISTS (SELECT 1 FROM onwards) AND (expires_at IS NULL OR expires_at > now())
      ORDER BY position
      LIMIT 1
      FOR UPDATE SKIP LOCKED
    ),
    claimed AS (
      INSERT INTO idempotency_key (key_hash, fingerprint, reservation_id, pair_id, held_until, expires_at)
      SELECT
        ${bytea(claim.keyHash)},
        ${bytea(claim.fingerprint)},
        ${reservationId}::uuid,
        pair_id,
        now() + make_interval(secs => ${settings.holdSeconds}),
        now() + make_interval(secs => ${settings.retentionSeconds})
      FROM (SELECT pair_id FROM onwards UNION ALL SELECT pair_id FROM from_start) AS taken
      ON CONFLICT (key_hash) DO NOTHING
      RETURNING pair_id
    ),
    withdrawn AS (
      DELETE FROM available_pair
      WHERE ctid = (SELECT ctid FROM onwards UNION ALL SELECT ctid FROM from_start)
        AND EXISTS (SELECT 1 FROM claimed)
      RETURNING pair_id
    ),
    reserved AS (
      UPDATE pair
      SET state = 'RESERVED', reservation_id = ${reservationId}, reserved_at = now()
      FROM withdrawn
      WHERE pair.id = withdrawn.pair_id AND pair.state = 'AVAILABLE'
      RETURNING pair.id, pair.internal_token, pair.card_reference
    ),
    opened AS (
      INSERT INTO reservation (id, pair_id)
      SELECT ${reservationId}, id FROM reserved
    )
    SELECT id AS "pairId", internal_token AS "internalToken", card_reference AS "cardReference"
    FROM reserved
  `;
  return pair ?? null;
}

/** The last look: waits for the locks of others instead of skipping them, so that "none" means none (brief 6). */
export async function isAnyPairLeft(sql: Sql): Promise<boolean> {
  const [left] = await sql`
    SELECT 1
    FROM available_pair
    WHERE expires_at IS NULL OR expires_at > now()
    ORDER BY position
    LIMIT 1
    FOR UPDATE
  `;
  return left !== undefined;
}

/** What an earlier execution with this reservation id took; `null` when it has been settled meanwhile. */
async function findReserved(sql: Sql, reservationId: string): Promise<TakenPair | null> {
  const [pair] = await sql<TakenPair[]>`
    SELECT pair.id AS "pairId", internal_token AS "internalToken", card_reference AS "cardReference"
    FROM reservation
    JOIN pair ON pair.id = reservation.pair_id AND pair.reservation_id = reservation.id
    WHERE reservation.id = ${reservationId}
  `;
  return pair ?? null;
}

const isTaken = (error: unknown, constraint: string): boolean =>
  error instanceof postgres.PostgresError && error.code === '23505' && error.constraint_name === constraint;
