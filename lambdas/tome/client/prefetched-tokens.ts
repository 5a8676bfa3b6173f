import * as z from 'zod/mini';
import { mayContainCardNumber } from '../../tokenization/model/card-networks.ts';
import type { PrefetchAnswer, UnassignedToken, UnusableToken } from '../../tokenization/ports/tome.ts';
import { prefetchedToken } from '../contract/contract.ts';

/** The longest unusable text that is kept, in characters. */
const MAX_KEPT_LENGTH = 64;

/** No token contains so many digits in a row; a stored token could hide a card number in them. */
const CARD_LENGTH_RUN = /[0-9]{13}/;

/**
 * Separates the usable tokens of a prefetch answer from the others. One bad entry costs no other.
 */
export function readPrefetched<Token extends string>(
  entries: readonly unknown[],
  readToken: (text: string) => Token | null,
): PrefetchAnswer<Token> {
  const tokens: UnassignedToken<Token>[] = [];
  const unusable: UnusableToken[] = [];
  for (const entry of entries) {
    const { success, data } = z.safeParse(prefetchedToken, entry);
    const text = success ? data.token : textOf(entry);
    const token = text === null ? null : readToken(text);
    if (token === null) unusable.push({ kept: keepable(text), fault: 'token-format' });
    else if (containsCardNumber(token)) unusable.push({ kept: null, fault: 'card-number' });
    else if (!success) unusable.push({ kept: token, fault: 'expiry-format' });
    else tokens.push({ token, expiresAt: data.expiresAt == null ? null : new Date(data.expiresAt) });
  }
  return { tokens, unusable };
}

function textOf(entry: unknown): string | null {
  const { success, data } = z.safeParse(z.object({ token: z.string() }), entry);
  return success ? data.token : null;
}

/**
 * Internal tokens only: they are longer than a card number. A reference is checked by its format.
 */
const containsCardNumber = (token: string): boolean => token.length > 19 && CARD_LENGTH_RUN.test(token);

const keepable = (text: string | null): string | null =>
  text === null || !/^[!-~]+$/.test(text) || text.length > MAX_KEPT_LENGTH || mayContainCardNumber(text) ? null : text;
