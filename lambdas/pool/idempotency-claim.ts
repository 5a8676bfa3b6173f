import type { CardReference } from '../tokenization/card-reference.ts';
import type { InternalToken } from '../tokenization/internal-token.ts';
import type { IdempotencyClaim, ReserveOutcome } from '../tokenization/ports/pair-store.ts';
import type { CreatedCard } from '../tokenization/tokenizer.ts';
import type { Sql } from './database.ts';

export interface ClaimSettings {
  /** How long a request that holds a key is taken to be alive: its deadline and a margin. */
  readonly holdSeconds: number;
  /** How long a key is remembered. */
  readonly retentionSeconds: number;
}

/** postgres.js sends a Buffer as bytea and nothing else. */
export const bytea = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Holds a key for a creation without a pair (direct path); false when somebody has the key already. */
export async function holdClaim(
  sql: Sql,
  reservationId: string,
  claim: IdempotencyClaim,
  settings: ClaimSettings,
): Promise<boolean> {
  const [held] = await sql`
    INSERT INTO idempotency_key (key_hash, fingerprint, reservation_id, held_until, expires_at)
    VALUES (
      ${bytea(claim.keyHash)},
      ${bytea(claim.fingerprint)},
      ${reservationId},
      now() + make_interval(secs => ${settings.holdSeconds}),
      now() + make_interval(secs => ${settings.retentionSeconds})
    )
    ON CONFLICT (key_hash) DO NOTHING
    RETURNING key_hash
  `;
  return held !== undefined;
}

interface StandingClaim {
  readonly sameBody: boolean;
  readonly heldSeconds: number;
  readonly isResumed: boolean;
  readonly reservationId: string | null;
  readonly answer: CardReference | null;
  readonly answerCreated: boolean | null;
  readonly pairId: bigint | null;
  readonly internalToken: InternalToken | null;
  readonly cardReference: CardReference | null;
  readonly state: string | null;
  readonly reason: string | null;
  readonly pairReservationId: string | null;
}

/**
 * What a key that somebody used before means now (rule 6); `null` when it has gone meanwhile. The first statement takes the hold over if it
 * has run out; its row lock lets only one request do so, and from then on the former holder can no longer give the pair back. Only
 * then the second one reads how far the earlier request came: USED by its reservation -> the answer; held, or quarantined as stale by the settler -> the
 * same pair is driven to its end, which is safe because the body, and with it the card, is the same; anything else -> the direct
 * path, where NS1 knows the card's token if it has one. In one statement the read could be older than the take-over.
 */
export async function resumeClaim(
  sql: Sql,
  reservationId: string,
  claim: IdempotencyClaim,
  settings: ClaimSettings,
): Promise<ReserveOutcome | null> {
  const [taken] = await sql`
    UPDATE idempotency_key
    SET held_until = now() + make_interval(secs => ${settings.holdSeconds}), is_resumed = true
    WHERE key_hash = ${bytea(claim.keyHash)}
      AND fingerprint = ${bytea(claim.fingerprint)}
      AND held_until <= now()
      AND reservation_id <> ${reservationId}
    RETURNING key_hash
  `;
  const standing = await readClaim(sql, claim);
  if (standing === null) return null;
  if (!standing.sameBody) return { outcome: 'key-conflict' };
  const meaning = meaningOf(standing);
  // Our own: an earlier execution was committed and its answer lost (rule 4). Nothing was sent to NS1 yet.
  if (standing.reservationId === reservationId && !standing.isResumed) {
    return meaning.outcome === 'reserved' ? { ...meaning, resumed: false } : meaning;
  }
  return taken !== undefined || meaning.outcome === 'key-completed'
    ? meaning
    : { outcome: 'key-in-progress', retryAfterSeconds: standing.heldSeconds };
}

async function readClaim(sql: Sql, claim: IdempotencyClaim): Promise<StandingClaim | null> {
  const [standing] = await sql<StandingClaim[]>`
    SELECT
      fingerprint = ${bytea(claim.fingerprint)} AS "sameBody",
      greatest(1, ceil(extract(epoch FROM held_until - now())))::int AS "heldSeconds",
      is_resumed AS "isResumed",
      idempotency_key.reservation_id AS "reservationId",
      idempotency_key.card_reference AS "answer",
      idempotency_key.created AS "answerCreated",
      pair.id AS "pairId",
      pair.internal_token AS "internalToken",
      pair.card_reference AS "cardReference",
      pair.state,
      pair.reason,
      pair.reservation_id AS "pairReservationId"
    FROM idempotency_key LEFT JOIN pair ON pair.id = idempotency_key.pair_id
    WHERE key_hash = ${bytea(claim.keyHash)}
  `;
  return standing ?? null;
}

function meaningOf(claim: StandingClaim): ReserveOutcome {
  if (claim.answer !== null) {
    return { outcome: 'key-completed', cardReference: claim.answer, created: claim.answerCreated === true };
  }
  const { pairId, internalToken, cardReference, reservationId, state } = claim;
  const isOurs = reservationId !== null && claim.pairReservationId === reservationId;
  if (!isOurs || pairId === null || internalToken === null || cardReference === null) {
    return { outcome: 'no-pair', poolEmpty: false };
  }
  if (state === 'USED') return { outcome: 'key-completed', cardReference, created: true };
  if (state === 'RESERVED' || (state === 'QUARANTINED' && claim.reason === 'stale-reservation')) {
    return {
      outcome: 'reserved',
      reservation: { id: reservationId, pairId, internalToken, cardReference },
      resumed: true,
    };
  }
  return { outcome: 'no-pair', poolEmpty: false };
}

/** Writes down the answer of a key whose card has another pair than the one reserved, or took the direct path. Executed again it writes the same. */
export async function resolveClaim(sql: Sql, claim: IdempotencyClaim, card: CreatedCard): Promise<void> {
  await sql`
    UPDATE idempotency_key
    SET card_reference = ${card.cardReference}, created = ${card.created}
    WHERE key_hash = ${bytea(claim.keyHash)} AND card_reference IS NULL
  `;
}

/** Ends the hold now; only a hold of the same body, and only an open one. */
export async function yieldClaim(sql: Sql, claim: IdempotencyClaim): Promise<void> {
  await sql`
    UPDATE idempotency_key
    SET held_until = now()
    WHERE key_hash = ${bytea(claim.keyHash)} AND fingerprint = ${bytea(claim.fingerprint)} AND held_until > now()
  `;
}
