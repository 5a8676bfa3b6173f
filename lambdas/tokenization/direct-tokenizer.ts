import { bindReference, findBoundReference } from './checked-answers.ts';
import { CardNotFound, ReferenceNotFound } from './errors.ts';
import type { Tokenizer } from './tokenizer.ts';
import { type DirectDependencies, liveCall } from './tokenizer-dependencies.ts';

/**
 * The dual-call strategy (docs/design.md#the-three-ways-to-tokenize). It ignores Idempotency-Keys:
 * TOME binds a card number once, so a repeated request gets the same reference.
 */
export function createDirectTokenizer(dependencies: DirectDependencies): Tokenizer {
  const { tome } = dependencies;
  const tokenizer: Tokenizer = {
    async create(cardNumber, context) {
      const internal = await tome.ns1.tokenize(cardNumber, null, liveCall(context));
      const { cardReference, isNew } = await bindReference(dependencies, internal.token, context);
      return { cardReference, created: internal.isNew || isNew };
    },

    async lookup(cardNumber, context) {
      const internalToken = await tome.ns1.lookup(cardNumber, liveCall(context));
      const reference = internalToken === null ? null : await findBoundReference(dependencies, internalToken, context);
      if (reference === null) throw new CardNotFound();
      return reference;
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
