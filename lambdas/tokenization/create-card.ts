import { ensureReference, storeBound } from './bound-token.ts';
import type { CardNumber } from './card-number.ts';
import { referenceFor } from './direct-path.ts';
import { DirectBudgetSpent } from './errors/direct-budget-spent.ts';
import { IdempotencyConflict } from './errors/idempotency-conflict.ts';
import { IdempotencyInProgress } from './errors/idempotency-in-progress.ts';
import { StoreUnavailable } from './errors/store-unavailable.ts';
import { TomeAnswerInvalid } from './errors/tome-error.ts';
import { finishReservation } from './finish-reservation.ts';
import type { InternalToken } from './internal-token.ts';
import type { IdempotencyClaim } from './ports/pair-store.ts';
import type { CreatedCard, RequestContext } from './tokenizer.ts';
import { liveCall, type PooledDependencies } from './tokenizer-dependencies.ts';

/**
 * A1: reserve a pair, one NS1 call, mark it USED. Asks the breaker first, so that no pair is burnt while TOME is down
 * (brief 2, "TOME down"). With an Idempotency-Key the same key gives the same reference, whatever crashed in between (A6).
 */
export async function createCard(
  dependencies: PooledDependencies,
  cardNumber: CardNumber,
  context: RequestContext,
  idempotencyKey?: string,
): Promise<CreatedCard> {
  const { tome, store } = dependencies;
  tome.ns1.assertAdmits('tokenize');
  const claim = idempotencyKey === undefined ? null : dependencies.claimOf(idempotencyKey, cardNumber);
  const reserved = await store.reserve(dependencies.newReservationId(), claim);
  switch (reserved.outcome) {
    case 'key-completed':
      return { cardReference: reserved.cardReference, created: reserved.created };
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
      if (reserved.poolEmpty) {
        dependencies.report('pool-empty', context);
        await store.requestRefill();
      }
      return holding(dependencies, claim, context, () => createDirectly(dependencies, cardNumber, claim, context));
  }
}

/** A5: both namespaces are called in the request, because there is no pair to reserve. Within the budget that all instances share. */
async function createDirectly(
  dependencies: PooledDependencies,
  cardNumber: CardNumber,
  claim: IdempotencyClaim | null,
  context: RequestContext,
): Promise<CreatedCard> {
  const { tome, store, report } = dependencies;
  if (!(await store.spendDirectBudget())) throw new DirectBudgetSpent();
  tome.ns2.assertAdmits('tokenize');
  report('direct-path', context);
  const internal = await tome.ns1.tokenize(cardNumber, null, liveCall(context));
  const card = internal.isNew
    ? await bindNewReference(dependencies, internal.token, cardNumber, context)
    : await findStandingReference(dependencies, internal.token, cardNumber, context);
  if (claim !== null) await store.resolveClaim(claim, card);
  return card;
}

/** Both namespaces bind anew. NS1's answer is confirmed while NS2 is asked, and nothing is stored or answered before. */
async function bindNewReference(
  dependencies: PooledDependencies,
  internalToken: InternalToken,
  cardNumber: CardNumber,
  context: RequestContext,
): Promise<CreatedCard> {
  const [{ pair }] = await Promise.all([
    referenceFor(dependencies, internalToken, context),
    confirmToken(dependencies, internalToken, cardNumber, context),
  ]);
  await storeBound(dependencies, pair, 'direct', context);
  return { cardReference: pair.cardReference, created: true };
}

async function findStandingReference(
  dependencies: PooledDependencies,
  internalToken: InternalToken,
  cardNumber: CardNumber,
  context: RequestContext,
): Promise<CreatedCard> {
  await confirmToken(dependencies, internalToken, cardNumber, context);
  return ensureReference(dependencies, internalToken, context);
}

/**
 * On the direct path NS1 picks the token, so there is no echo to compare: an answer that belongs to another card would hand out that card's
 * reference. Looking the card up is a second witness.
 */
async function confirmToken(
  { tome }: PooledDependencies,
  internalToken: InternalToken,
  cardNumber: CardNumber,
  context: RequestContext,
): Promise<void> {
  if ((await tome.ns1.lookup(cardNumber, liveCall(context))) !== internalToken) {
    throw new TomeAnswerInvalid('NS1 names different tokens for one card.', { attempts: 1 });
  }
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
      await store.yieldClaim(claim).catch((cause: unknown) => {
        if (!(cause instanceof StoreUnavailable)) throw cause;
        report('hold-not-yielded', context, cause);
      });
    }
    throw error;
  }
}
