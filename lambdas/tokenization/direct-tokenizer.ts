import { existingReferenceOf, referenceFor } from './direct-path.ts';
import { CardNotFound, ReferenceNotFound } from './errors.ts';
import type { Tokenizer } from './tokenizer.ts';
import { type DirectDependencies, liveCall } from './tokenizer-dependencies.ts';

/**
 * The dual-call way: two TOME calls for each operation, no database (brief 1, A5 and L1). TOME itself makes a creation idempotent: a
 * card number is bound once, so a repeated request gives the same reference and an Idempotency-Key has nothing to add.
 */
export function createDirectTokenizer(dependencies: DirectDependencies): Tokenizer {
  const { tome } = dependencies;
  const tokenizer: Tokenizer = {
    async create(cardNumber, context) {
      const internal = await tome.ns1.tokenize(cardNumber, null, liveCall(context));
      const external = await referenceFor(dependencies, internal.token, context);
      return { cardReference: external.pair.cardReference, created: internal.isNew || external.isNew };
    },

    async lookup(cardNumber, context) {
      const internalToken = await tome.ns1.lookup(cardNumber, liveCall(context));
      const pair = internalToken === null ? null : await existingReferenceOf(dependencies, internalToken, context);
      if (pair === null) throw new CardNotFound();
      return pair.cardReference;
    },

    lookupOrTokenize: (cardNumber, context) => tokenizer.create(cardNumber, context),

    async detokenize(cardReference, context) {
      const internalToken = await tome.ns2.detokenize(cardReference, liveCall(context));
      const cardNumber = internalToken === null ? null : await tome.ns1.detokenize(internalToken, liveCall(context));
      if (cardNumber === null) throw new ReferenceNotFound();
      const { caller, correlationId, origin } = context;
      dependencies.recordDisclosure({ cardReference, caller, correlationId, origin });
      return cardNumber;
    },
  };
  return tokenizer;
}
