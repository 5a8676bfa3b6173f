import { createCard } from './create-card.ts';
import { withDistinctTexts } from './distinct-texts.ts';
import { CardNotFound, ReferenceNotFound } from './errors.ts';
import type { CardNumber } from './model/card-number.ts';
import type { CardReference } from './model/card-reference.ts';
import { findCardNumber, findReference } from './resolve-pair.ts';
import type { RequestContext, Tokenizer } from './tokenizer.ts';
import type { PooledDependencies, PooledParts } from './tokenizer-dependencies.ts';

/**
 * The tokenizer with a pool: one live call to TOME for each operation, as long as there are pairs.
 */
export function createPooledTokenizer({ storeUntil, ...given }: PooledParts): Tokenizer {
  const parts = { ...given, tome: withDistinctTexts(given.tome) };
  // The only place that creates the store, so that no use case can ignore the request's deadline.
  const within = ({ deadlineMs }: RequestContext): PooledDependencies => ({ ...parts, store: storeUntil(deadlineMs) });
  return {
    create: (cardNumber, context, idempotencyKey) => createCard(within(context), cardNumber, context, idempotencyKey),

    async lookup(cardNumber, context) {
      const reference = await findReference(within(context), cardNumber, context);
      if (reference === null) throw new CardNotFound();
      return reference;
    },

    async lookupOrTokenize(cardNumber, context) {
      const dependencies = within(context);
      const cardReference = await findReference(dependencies, cardNumber, context);
      return cardReference === null ? createCard(dependencies, cardNumber, context) : { cardReference, created: false };
    },

    detokenize: (cardReference, context) => detokenize(within(context), cardReference, context),
  };
}

async function detokenize(
  dependencies: PooledDependencies,
  cardReference: CardReference,
  context: RequestContext,
): Promise<CardNumber> {
  const cardNumber = await findCardNumber(dependencies, cardReference, context);
  if (cardNumber === null) throw new ReferenceNotFound();
  const { caller, correlationId, origin } = context;
  dependencies.recordDisclosure({ cardReference, caller, correlationId, origin });
  return cardNumber;
}
