import { assertMayBeUnknown, bindReference, findBoundReference } from './bound-reference.ts';
import { withDistinctTexts } from './distinct-texts.ts';
import { CardNotFound, ReferenceNotFound } from './errors.ts';
import type { Tokenizer } from './tokenizer.ts';
import { type DirectDependencies, liveCall } from './tokenizer-dependencies.ts';
import { StoredCardUnacceptable } from './tome-errors.ts';

/**
 * The dual-call strategy (docs/design.md#the-three-ways-to-tokenize). It ignores Idempotency-Keys:
 * TOME binds a card number once, so a repeated request gets the same reference.
 */
export function createDirectTokenizer(parts: DirectDependencies): Tokenizer {
  const tome = withDistinctTexts(parts.tome);
  const dependencies = { ...parts, tome };
  const tokenizer: Tokenizer = {
    async create(cardNumber, context) {
      const internal = await tome.ns1.tokenize(cardNumber, null, liveCall(context));
      const named = { cardNumber, internalToken: internal.token, isNew: internal.isNew };
      const { cardReference, isNew } = await bindReference(dependencies, named, context);
      return { cardReference, created: internal.isNew || isNew };
    },

    async lookup(cardNumber, context) {
      const internalToken = await tome.ns1.lookup(cardNumber, liveCall(context));
      const reference =
        internalToken === null ? null : await findBoundReference(dependencies, { cardNumber, internalToken }, context);
      if (reference === null) throw new CardNotFound();
      return reference;
    },

    lookupOrTokenize: (cardNumber, context) => tokenizer.create(cardNumber, context),

    async detokenize(cardReference, context) {
      const internalToken = await tome.ns2.detokenize(cardReference, liveCall(context));
      const cardNumber = internalToken === null ? null : await tome.ns1.detokenize(internalToken, liveCall(context));
      if (cardNumber === null) {
        if (internalToken !== null) assertMayBeUnknown(internalToken, dependencies);
        throw new ReferenceNotFound();
      }
      if (cardNumber.hasDigits(cardReference)) throw new StoredCardUnacceptable();
      const { caller, correlationId, origin } = context;
      dependencies.recordDisclosure({ cardReference, caller, correlationId, origin });
      return cardNumber;
    },
  };
  return tokenizer;
}
