import { createDirectly } from './create-directly.ts';
import { IdempotencyConflict, IdempotencyInProgress, StoreUnavailable } from './errors.ts';
import { finishReservation } from './finish-reservation.ts';
import type { CardNumber } from './model/card-number.ts';
import { findFormatFault } from './model/reference-format.ts';
import type { IdempotencyClaim, ReserveOutcome } from './ports/pair-store.ts';
import type { CreatedCard, RequestContext } from './tokenizer.ts';
import { liveCall, type PooledDependencies } from './tokenizer-dependencies.ts';

/**
 * A1: reserve a pair, one NS1 call, mark it USED. Asks first whether a call would be let through, so that no pair is burnt while
 * TOME is down, says 429 to everything, or has no turn left for us before the deadline. With an Idempotency-Key the same key gives the same reference, whatever crashed in between (A6).
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
  const reserved = await reserveInOrder(dependencies, claim);
  switch (reserved.outcome) {
    case 'key-completed':
      return { cardReference: reserved.cardReference, created: reserved.created, isReplay: true };
    case 'key-in-progress':
      throw new IdempotencyInProgress(reserved.retryAfterSeconds);
    case 'key-conflict':
      throw new IdempotencyConflict();
    case 'reserved': {
      const { reservation, resumed } = reserved;
      return holding(dependencies, claim, context, () =>
        finishReservation(dependencies, { reservation, resumed, cardNumber, claim }, context),
      );
    }
    case 'no-pair':
      return holding(dependencies, claim, context, async () => {
        dependencies.report('pool-empty', context);
        await store.requestRefill();
        return createDirectly(dependencies, cardNumber, claim, context);
      });
  }
}

/** Pairs of an older version that one request puts aside. More in a row means that the pool holds little else. */
const MOST_PUT_ASIDE = 10;

/**
 * A reservation whose reference the current format allows. A pair was checked by the version of the day it was fetched, and
 * may lie in a range that a network has got since: it is quarantined before anything is sent for it. A resumed reservation is
 * left alone, because its card may be bound already.
 */
async function reserveInOrder(
  { store, newReservationId }: PooledDependencies,
  claim: IdempotencyClaim | null,
): Promise<ReserveOutcome> {
  for (let putAside = 0; putAside < MOST_PUT_ASIDE; putAside += 1) {
    const reserved = await store.reserve(newReservationId(), claim);
    if (reserved.outcome !== 'reserved' || reserved.resumed) return reserved;
    if (findFormatFault(reserved.reservation.cardReference, 'any') === null) return reserved;
    await store.quarantineReservation(reserved.reservation, 'reference-format');
    if (claim !== null) await store.releaseIdempotencyKey(claim);
  }
  return { outcome: 'no-pair' };
}

/** A failed attempt gives its key back at once; one that cannot leaves the hold to run out by itself. Failures are not replayed (rule 6). */
async function holding(
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
        report('hold-not-yielded', context, cause);
      });
    }
    throw error;
  }
}
