import postgres from 'postgres';
import type { CardReference } from '../tokenization/model/card-reference.ts';
import type { InternalToken } from '../tokenization/model/internal-token.ts';
import type { IdempotencyClaim, Reservation, ReserveOutcome } from '../tokenization/ports/pair-store.ts';
import { bytea } from './database/array-parameters.ts';
import type { Sql } from './database/database.ts';

export interface ClaimSettings {
  /** How long a request holds its key: its deadline and a margin. */
  readonly holdSeconds: number;
  /** How long a key is stored. */
  readonly retentionSeconds: number;
}

type TakenPair = Omit<Reservation, 'id'>;

/**
 * Takes an available pair in one statement: by ticket, and by a search with SKIP LOCKED when the
 * tickets have no rows (`functions/reservation/reserve.sql`). docs/design.md#how-a-pair-is-reserved
 * says why this is fast and safe. A reservation never waits for a lock on a pair, and not for the
 * restore fence (docs/design.md#locks).
 */
export async function reserve(sql: Sql, reservationId: string): Promise<ReserveOutcome> {
  const pair = (await takePair(sql, reservationId)) ?? null;
  if (pair === null) return { outcome: 'no-pair' };
  return { outcome: 'reserved', reservation: { id: reservationId, ...pair }, resumed: false };
}

async function takePair(sql: Sql, reservationId: string): Promise<TakenPair | undefined> {
  try {
    const [pair] = await sql<TakenPair[]>`
      SELECT pair_id AS "pairId", internal_token AS "internalToken", card_reference AS "cardReference"
      FROM reserve(${reservationId})
    `;
    return pair;
  } catch (error) {
    if (!isReservedAlready(error)) throw error;
    const [pair] = await sql<TakenPair[]>`
      SELECT pair_id AS "pairId", internal_token AS "internalToken", card_reference AS "cardReference"
      FROM find_reserved(${reservationId})
    `;
    return pair;
  }
}

/**
 * An earlier execution with this reservation id was committed, and its answer was lost
 * (docs/design.md#retries-after-a-lost-commit).
 */
const isReservedAlready = (error: unknown): boolean =>
  error instanceof postgres.PostgresError && error.code === '23505' && error.constraint_name === 'reservation_pkey';

interface KeyOutcome {
  readonly outcome: 'reserved' | 'no-pair' | 'completed' | 'in-progress' | 'conflict';
  readonly reservationId: string;
  readonly pairId: bigint;
  readonly internalToken: InternalToken;
  readonly cardReference: CardReference;
  readonly isResumed: boolean;
  readonly isCreated: boolean;
  readonly heldSeconds: number;
}

/**
 * Reserves for a caller's Idempotency-Key, also in one statement. The outcomes are those of
 * `functions/reservation/reserve-for-key.sql`.
 */
export async function reserveForKey(
  sql: Sql,
  reservationId: string,
  claim: IdempotencyClaim,
  settings: ClaimSettings,
): Promise<ReserveOutcome> {
  for (;;) {
    const [row] = await sql<KeyOutcome[]>`
      SELECT
        outcome,
        reservation_id AS "reservationId",
        pair_id AS "pairId",
        internal_token AS "internalToken",
        card_reference AS "cardReference",
        is_resumed AS "isResumed",
        is_created AS "isCreated",
        held_seconds AS "heldSeconds"
      FROM reserve_for_key(
        ${reservationId},
        ${bytea(claim.keyHash)},
        ${bytea(claim.fingerprint)},
        ${settings.holdSeconds},
        ${settings.retentionSeconds}
      )
    `;
    // Without a row, the key expired and was deleted between two statements of the function. The
    // next execution finds it new.
    if (row !== undefined) return outcomeOf(row);
  }
}

function outcomeOf(row: KeyOutcome): ReserveOutcome {
  switch (row.outcome) {
    case 'reserved': {
      const { reservationId: id, pairId, internalToken, cardReference } = row;
      return {
        outcome: 'reserved',
        reservation: { id, pairId, internalToken, cardReference },
        resumed: row.isResumed,
      };
    }
    case 'no-pair':
      return { outcome: 'no-pair' };
    case 'completed':
      return { outcome: 'key-completed', cardReference: row.cardReference, created: row.isCreated };
    case 'in-progress':
      return { outcome: 'key-in-progress', retryAfterSeconds: row.heldSeconds };
    case 'conflict':
      return { outcome: 'key-conflict' };
  }
}
