import { bindReference } from './bound-reference.ts';
import { confirmToken } from './checked-answers.ts';
import { PoolEmpty } from './errors.ts';
import type { CardNumber } from './model/card-number.ts';
import type { InternalToken } from './model/internal-token.ts';
import type { IdempotencyClaim } from './ports/pair-store.ts';
import { ensureReference } from './resolve-pair.ts';
import { storeBound } from './store-bound.ts';
import type { CreatedCard, RequestContext } from './tokenizer.ts';
import { liveCall, type PooledDependencies } from './tokenizer-dependencies.ts';

/**
 * Creates a card without a pair (docs/design.md#the-empty-pool). Rejects with PoolEmpty above the
 * budget.
 */
export async function createDirectly(
  dependencies: PooledDependencies,
  cardNumber: CardNumber,
  claim: IdempotencyClaim | null,
  context: RequestContext,
): Promise<CreatedCard> {
  const { tome, store, report } = dependencies;
  if (!(await store.spendDirectBudget())) throw new PoolEmpty();
  for (const operation of OPERATIONS_OF_NS2[dependencies.unacceptableReferences]) {
    tome.ns2.assertAdmits(operation, liveCall(context));
  }
  report('direct-path', context);
  const internal = await tome.ns1.tokenize(cardNumber, null, liveCall(context));
  const card = internal.isNew
    ? await bindNewToken(dependencies, internal.token, cardNumber, context)
    : await answerWithKnownToken(dependencies, internal.token, cardNumber, context);
  if (claim !== null) await store.completeIdempotencyKey(claim, card);
  return card;
}

/** What must be possible on NS2 before NS1 binds the card. */
const OPERATIONS_OF_NS2 = { 'accept-and-count': ['tokenize'], refuse: ['prefetch', 'tokenize'] } as const;

/**
 * NS1 chose the token, so there is no token of ours to compare its answer with. The answer is
 * confirmed while NS2 is asked, and nothing is stored or returned before both have answered.
 */
async function bindNewToken(
  dependencies: PooledDependencies,
  internalToken: InternalToken,
  cardNumber: CardNumber,
  context: RequestContext,
): Promise<CreatedCard> {
  const [{ cardReference }] = await Promise.all([
    bindReference(dependencies, { cardNumber, internalToken, isNew: true }, context),
    confirmToken(dependencies, internalToken, cardNumber, context),
  ]);
  await storeBound(dependencies, { internalToken, cardReference }, 'direct', context);
  return { cardReference, created: true };
}

async function answerWithKnownToken(
  dependencies: PooledDependencies,
  internalToken: InternalToken,
  cardNumber: CardNumber,
  context: RequestContext,
): Promise<CreatedCard> {
  await confirmToken(dependencies, internalToken, cardNumber, context);
  return ensureReference(dependencies, { cardNumber, internalToken }, context);
}
