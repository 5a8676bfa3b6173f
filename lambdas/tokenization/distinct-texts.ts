import type { Tome, TomeNamespace } from './ports/tome.ts';
import {
  InternalTokenUnacceptable,
  type LastingAnswer,
  ReferenceUnacceptable,
  StoredCardUnacceptable,
} from './tome-errors.ts';

/**
 * TOME, without the answers that name one text for a source and its token. A card number and its
 * internal token, or an internal token and its reference, can be the same digits when the profile
 * allows tokens that look like card numbers. Such a token would disclose its source, so the answer
 * is refused as a lasting one, like a token of a wrong form. Every use case calls TOME through this
 * (docs/design.md#three-texts-are-never-equal).
 */
export function withDistinctTexts({ ns1, ns2 }: Tome): Tome {
  return {
    ns1: distinct(ns1, (cardNumber, token) => cardNumber.hasDigits(token), {
      UnusableToken: InternalTokenUnacceptable,
      UnusableSource: StoredCardUnacceptable,
    }),
    ns2: distinct(ns2, (internalToken: string, reference: string) => internalToken === reference, {
      UnusableToken: ReferenceUnacceptable,
      UnusableSource: InternalTokenUnacceptable,
    }),
  };
}

/** The text of the error for callers. It names neither text. */
const EQUAL_TEXTS = 'TOME gave a token that equals its source.';

type Unusable = new (message?: string, details?: { attempts: number }) => LastingAnswer;

function distinct<Source, Token>(
  namespace: TomeNamespace<Source, Token>,
  areEqual: (source: Source, token: Token) => boolean,
  { UnusableToken, UnusableSource }: { readonly UnusableToken: Unusable; readonly UnusableSource: Unusable },
): TomeNamespace<Source, Token> {
  return {
    prefetch: (count, call) => namespace.prefetch(count, call),

    async tokenize(source, wanted, call) {
      const answer = await namespace.tokenize(source, wanted, call);
      if (areEqual(source, answer.token)) throw new UnusableToken(EQUAL_TEXTS, { attempts: answer.attempts });
      return answer;
    },

    async bulkTokenize(items, call) {
      const results = await namespace.bulkTokenize(items, call);
      return (
        results?.map((result, index) => {
          const item = items[index];
          const isEqual = result.outcome === 'bound' && item !== undefined && areEqual(item.source, result.token);
          return isEqual ? { outcome: 'unusable' } : result;
        }) ?? null
      );
    },

    async detokenize(token, call) {
      const source = await namespace.detokenize(token, call);
      if (source !== null && areEqual(source, token)) throw new UnusableSource(EQUAL_TEXTS);
      return source;
    },

    async lookup(source, call) {
      const token = await namespace.lookup(source, call);
      if (token !== null && areEqual(source, token)) throw new UnusableToken(EQUAL_TEXTS);
      return token;
    },

    assertAdmits: (operation, call) => namespace.assertAdmits(operation, call),
  };
}
