import postgres from 'postgres';
import type { CardReference } from '../tokenization/model/card-reference.ts';
import type { InternalToken } from '../tokenization/model/internal-token.ts';
import type { IdempotencyClaim, Reservation, ReserveOutcome } from '../tokenization/ports/pair-store.ts';
import { bytea } from './database/array-parameters.ts';
import type { Sql } from './database/database.ts';

export interface ClaimSettings {
  /** How long a request that holds a key is taken to be alive: its deadline and a margin. */
  readonly holdSeconds: number;
  /** How long a key is remembered. */
  readonly retentionSeconds: number;
}

type TakenPair = Omit<Reservation, 'id'>;

/** AVAILABLE -> RESERVED (A1), one round trip. How it is safe stands in `functions/reserve.sql`. */
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

/** An earlier execution with this reservation id was committed and its answer lost (rule 4). */
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

/** The same with the caller's key, in one round trip too (rule 6). What each outcome means stands in `functions/reserve-for-key.sql`. */
export async function reserveForKey(
  sql: Sql,
  reservationId: string,
  claim: IdempotencyClaim,
  settings: ClaimSettings,
): Promise<ReserveOutcome> {
  for (;;) {
    const [told] = await sql<KeyOutcome[]>`
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
    // The key was forgotten between two looks at it: then it is a new one.
    if (told !== undefined) return outcomeOf(told);
  }
}

function outcomeOf(told: KeyOutcome): ReserveOutcome {
  switch (told.outcome) {
    case 'reserved': {
      const { reservationId: id, pairId, internalToken, cardReference } = told;
      return {
        outcome: 'reserved',
        reservation: { id, pairId, internalToken, cardReference },
        resumed: told.isResumed,
      };
    }
    case 'no-pair':
      return { outcome: 'no-pair' };
    case 'completed':
      return { outcome: 'key-completed', cardReference: told.cardReference, created: told.isCreated };
    case 'in-progress':
      return { outcome: 'key-in-progress', retryAfterSeconds: told.heldSeconds };
    case 'conflict':
      return { outcome: 'key-conflict' };
  }
}
