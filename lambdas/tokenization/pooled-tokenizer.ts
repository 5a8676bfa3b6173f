import { adopt, findReference, ifPossible, isConfirmed, repair, unlessStoreIsDown } from './bound-token.ts';
import { confirmToken } from './confirm-token.ts';
import { createCard } from './create-card.ts';
import { CardNotFound, ReferenceNotFound } from './errors.ts';
import type { CardNumber } from './model/card-number.ts';
import type { CardReference } from './model/card-reference.ts';
import type { RequestContext, Tokenizer } from './tokenizer.ts';
import { liveCall, type PooledDependencies, type PooledParts } from './tokenizer-dependencies.ts';

/** The pool's way: one live TOME call for each operation while the pool is filled and the pair is stored (invariant I12). */
export function createPooledTokenizer({ storeUntil, ...parts }: PooledParts): Tokenizer {
  // Bound here and nowhere else, so that no use case can forget its request's deadline.
  const within = ({ deadlineMs }: RequestContext): PooledDependencies => ({ ...parts, store: storeUntil(deadlineMs) });
  return {
    create: (cardNumber, context, idempotencyKey) => createCard(within(context), cardNumber, context, idempotencyKey),

    async lookup(cardNumber, context) {
      const reference = await lookUp(within(context), cardNumber, context);
      if (reference === null) throw new CardNotFound();
      return reference;
    },

    async lookupOrTokenize(cardNumber, context) {
      const dependencies = within(context);
      const cardReference = await lookUp(dependencies, cardNumber, context);
      return cardReference === null ? createCard(dependencies, cardNumber, context) : { cardReference, created: false };
    },

    detokenize: (cardReference, context) => detokenize(within(context), cardReference, context),
  };
}

/** A2: one NS1 call and the database. */
async function lookUp(
  dependencies: PooledDependencies,
  cardNumber: CardNumber,
  context: RequestContext,
): Promise<CardReference | null> {
  const internalToken = await dependencies.tome.ns1.lookup(cardNumber, liveCall(context));
  return internalToken === null ? null : findReference(dependencies, internalToken, cardNumber, context);
}

/**
 * The database and one NS1 call. A pair that NS1 knows a card for is USED, whatever the database says;
 * before it is adopted, NS1 is asked in the other direction too. A stored pair that NS2 never confirmed
 * is only intended, so NS2 says whose reference this is.
 */
async function detokenize(
  dependencies: PooledDependencies,
  cardReference: CardReference,
  context: RequestContext,
): Promise<CardNumber> {
  const { tome, store } = dependencies;
  const found = await unlessStoreIsDown(store.findByReference(cardReference, context.budget));
  const stored = found === 'store-down' ? null : found;
  const internalToken =
    stored !== null && isConfirmed(stored)
      ? stored.internalToken
      : await tome.ns2.detokenize(cardReference, liveCall(context));
  const cardNumber = internalToken === null ? null : await tome.ns1.detokenize(internalToken, liveCall(context));
  if (cardNumber === null || internalToken === null) throw new ReferenceNotFound();
  if (stored === null) {
    if (found === null) await repair(dependencies, { internalToken, cardReference }, context);
  } else if (stored.internalToken !== internalToken) {
    dependencies.report('pair-contradicted', context);
  } else if (stored.state !== 'USED') {
    await confirmToken(dependencies, internalToken, cardNumber, context);
    await ifPossible(dependencies, context, () => adopt(dependencies, stored, context));
  }
  const { caller, correlationId, origin } = context;
  dependencies.recordDisclosure({ cardReference, caller, correlationId, origin });
  return cardNumber;
}
