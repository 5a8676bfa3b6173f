import { createDirectly } from './create-directly.ts';
import { IdempotencyConflict, IdempotencyInProgress, StoreUnavailable } from './errors.ts';
import { finishReservation } from './finish-reservation.ts';
import type { CardNumber } from './model/card-number.ts';
import { findFormatFault } from './model/reference-format.ts';
import type { IdempotencyClaim, ReserveOutcome } from './ports/pair-store.ts';
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
  const reserved = await reserveUsablePair(dependencies, claim);
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
 * The most outdated pairs that one request quarantines. After that the pool counts as empty, so
 * that a pool of outdated pairs cannot use up the request's time.
 */
const MOST_OUTDATED = 10;

/**
 * Reserves a pair whose reference the current format allows. Prefetch checked it under the format
 * of that day, and a card network may have received its range since. An outdated pair is
 * quarantined before anything is sent. A resumed reservation is kept: its card may be bound
 * already.
 */
async function reserveUsablePair(
  { store, newReservationId }: PooledDependencies,
  claim: IdempotencyClaim | null,
): Promise<ReserveOutcome> {
  for (let outdated = 0; outdated < MOST_OUTDATED; outdated += 1) {
    const reserved = await store.reserve(newReservationId(), claim);
    if (reserved.outcome !== 'reserved' || reserved.resumed) return reserved;
    if (findFormatFault(reserved.reservation.cardReference, 'any') === null) return reserved;
    await store.quarantineReservation(reserved.reservation, 'reference-format');
    if (claim !== null) await store.releaseIdempotencyKey(claim);
  }
  return { outcome: 'no-pair' };
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
