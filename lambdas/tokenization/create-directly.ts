import { ensureReference, storeBound } from './bound-token.ts';
import { confirmToken } from './confirm-token.ts';
import { referenceFor } from './direct-path.ts';
import { PoolEmpty } from './errors.ts';
import type { CardNumber } from './model/card-number.ts';
import type { InternalToken } from './model/internal-token.ts';
import type { IdempotencyClaim } from './ports/pair-store.ts';
import type { CreatedCard, RequestContext } from './tokenizer.ts';
import { liveCall, type PooledDependencies } from './tokenizer-dependencies.ts';

/** A5: both namespaces are called in the request, because there is no pair to reserve. Within the budget that all instances share. */
export async function createDirectly(
  dependencies: PooledDependencies,
  cardNumber: CardNumber,
  claim: IdempotencyClaim | null,
  context: RequestContext,
): Promise<CreatedCard> {
  const { tome, store, report } = dependencies;
  if (!(await store.spendDirectBudget())) throw new PoolEmpty();
  tome.ns2.assertAdmits('tokenize', liveCall(context));
  report('direct-path', context);
  const internal = await tome.ns1.tokenize(cardNumber, null, liveCall(context));
  const card = internal.isNew
    ? await bindNewReference(dependencies, internal.token, cardNumber, context)
    : await findStandingReference(dependencies, internal.token, cardNumber, context);
  if (claim !== null) await store.completeIdempotencyKey(claim, card);
  return card;
}

/**
 * Both namespaces bind anew. NS1 picked the token, so there is no echo to compare: its answer is
 * confirmed while NS2 is asked, and nothing is stored or answered before.
 */
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
