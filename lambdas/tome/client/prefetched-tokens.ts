import * as z from 'zod/mini';
import type { TokenForms } from '../../tokenization/model/token-form.ts';
import type { PrefetchAnswer, UnassignedToken, UnusableToken } from '../../tokenization/ports/tome.ts';
import { prefetchedToken } from '../contract/contract.ts';
import { earlierOf } from './token-expiry.ts';

/** The longest unusable text that is kept, in characters. */
const MAX_KEPT_LENGTH = 64;

/** How a namespace reads its tokens. */
export interface TokenReader<Token> {
  /** `null` for a text that is no token of the namespace. */
  readonly readToken: (text: string) => Token | null;
  /** Whether a token of the namespace could hide a card number. Then it is not stored. */
  readonly hidesCardNumber: (token: Token) => boolean;
  /** Whether a text that is no token could hold a source. Then it is only counted. */
  readonly mayContainSource: (text: string) => boolean;
}

/**
 * Separates the usable tokens of a prefetch answer from the others. One bad entry costs no other.
 * No token is used longer than until `latestExpiry`.
 */
export function readPrefetched<Token extends string>(
  entries: readonly unknown[],
  { readToken, hidesCardNumber, mayContainSource }: TokenReader<Token>,
  latestExpiry: Date | null,
): PrefetchAnswer<Token> {
  const tokens: UnassignedToken<Token>[] = [];
  const unusable: UnusableToken[] = [];
  for (const entry of entries) {
    const { success, data } = z.safeParse(prefetchedToken, entry);
    const text = success ? data.token : textOf(entry);
    const token = text === null ? null : readToken(text);
    if (token === null)
      unusable.push({ kept: isKeepable(text) && !mayContainSource(text) ? text : null, fault: 'token-format' });
    else if (hidesCardNumber(token)) unusable.push({ kept: null, fault: 'card-number' });
    else if (!success) unusable.push({ kept: token, fault: 'expiry-format' });
    else {
      const stated = data.expiresAt == null ? null : new Date(data.expiresAt);
      tokens.push({ token, expiresAt: earlierOf(stated, latestExpiry) });
    }
  }
  return { tokens, unusable };
}

function textOf(entry: unknown): string | null {
  const { success, data } = z.safeParse(z.object({ token: z.string() }), entry);
  return success ? data.token : null;
}

const CARD_LENGTH_RUN = /[0-9]{13}/;

/**
 * Whether an internal token has so many digits in a row that they could be a card number. A token
 * of digits only is legal if the form says so: such a form looks like no card, or the profile tells
 * the two apart by knowledge.
 */
export const mayHideCardNumber = (token: string, { internalToken, toldApart }: TokenForms): boolean =>
  internalToken.alphabet !== 'digits' &&
  CARD_LENGTH_RUN.test(token) &&
  !(toldApart === 'by-knowledge' && /^[0-9]+$/.test(token));

const isKeepable = (text: string | null): text is string =>
  text !== null && /^[!-~]+$/.test(text) && text.length <= MAX_KEPT_LENGTH;
