import { createDirectly } from './create-directly.ts';
import { IdempotencyConflict, IdempotencyInProgress, StoreUnavailable } from './errors.ts';
import { finishReservation } from './finish-reservation.ts';
import type { CardNumber } from './model/card-number.ts';
import { findReferenceFault, type ReferenceRules } from './model/reference-rules.ts';
import type { IdempotencyClaim, QuarantineReason, ReserveOutcome } from './ports/pair-store.ts';
import type { CreatedCard, RequestContext } from './tokenizer.ts';
import { liveCall, type PooledDependencies } from './tokenizer-dependencies.ts';

/**
 * Creates a card: reserves a pair, makes one NS1 call and marks the pair as used. First it asks
 * whether TOME can be called now, because each call that fails after the reservation costs a pair.
 */
export async function createCard(
  dependencies: PooledDependencies,
  cardNumber: CardNumber,
  context: RequestContext,
  idempotencyKey?: string,
): Promise<CreatedCard> {
  const { tome, store } = dependencies;
  tome.ns1.assertAdmits('tokenize', liveCall(context));
  const claim = idempotencyKey === undefined ? null : dependencies.claimOf(idempotencyKey, cardNumber, context.caller);
  const reserved = await reserveUsablePair(dependencies, cardNumber, claim);
  switch (reserved.outcome) {
    case 'key-completed':
      return { cardReference: reserved.cardReference, created: reserved.created, isReplay: true };
    case 'key-in-progress':
      throw new IdempotencyInProgress(reserved.retryAfterSeconds);
    case 'key-conflict':
      throw new IdempotencyConflict();
    case 'reserved': {
      const { reservation, resumed } = reserved;
      return releasingClaimOnFailure(dependencies, claim, context, () =>
        finishReservation(dependencies, { reservation, resumed, cardNumber, claim }, context),
      );
    }
    case 'no-pair':
      return releasingClaimOnFailure(dependencies, claim, context, async () => {
        dependencies.report('pool-empty', context);
        await store.requestRefill();
        return createDirectly(dependencies, cardNumber, claim, context);
      });
  }
}

/**
 * The most unusable pairs that one request quarantines. After that the pool counts as empty, so
 * that a pool of outdated pairs cannot use up the request's time.
 */
const MOST_UNUSABLE = 10;

/** Reserves a pair that this card may get. A pair that it may not get is quarantined. */
async function reserveUsablePair(
  dependencies: PooledDependencies,
  cardNumber: CardNumber,
  claim: IdempotencyClaim | null,
): Promise<ReserveOutcome> {
  const { store, newReservationId } = dependencies;
  for (let unusable = 0; unusable < MOST_UNUSABLE; unusable += 1) {
    const reserved = await store.reserve(newReservationId(), claim);
    if (reserved.outcome !== 'reserved') return reserved;
    const reason = unusableBecause(dependencies, reserved, cardNumber);
    if (reason === null) return reserved;
    await store.quarantineReservation(reserved.reservation, reason);
    if (claim !== null) await store.releaseIdempotencyKey(claim);
  }
  return { outcome: 'no-pair' };
}

/**
 * Why this card must not get the pair, before anything is sent; `null` if it may.
 *
 * - One half is the card's own number. The reason in the database is a general one: it must not say
 *   that a stored token is a card number.
 * - The current format forbids the reference. Prefetch checked it under the format of that day, and
 *   a card network may have received its range since. A resumed reservation is kept: its card may
 *   be bound already.
 */
function unusableBecause(
  rules: ReferenceRules,
  { reservation, resumed }: Extract<ReserveOutcome, { outcome: 'reserved' }>,
  cardNumber: CardNumber,
): QuarantineReason | null {
  const { internalToken, cardReference } = reservation;
  if (cardNumber.hasDigits(internalToken) || cardNumber.hasDigits(cardReference)) return 'conflict';
  const isOutdated = !resumed && findReferenceFault(cardReference, { ...rules, luhnPolicy: 'any' }) !== null;
  return isOutdated ? 'reference-format' : null;
}

/**
 * Failures are not replayed: a failed request releases its key, so that a retry can continue at
 * once. When that fails too, the hold on the key expires (docs/design.md#idempotency-keys).
 */
async function releasingClaimOnFailure(
  { store, report }: PooledDependencies,
  claim: IdempotencyClaim | null,
  context: RequestContext,
  work: () => Promise<CreatedCard>,
): Promise<CreatedCard> {
  try {
    return await work();
  } catch (error) {
    if (claim !== null) {
      await store.releaseIdempotencyKey(claim).catch((cause: unknown) => {
        if (!(cause instanceof StoreUnavailable)) throw cause;
        report('key-not-released', context, cause);
      });
    }
    throw error;
  }
}
