import * as z from 'zod/mini';
import { couldBeCardNumber } from '../../tokenization/model/card-like.ts';
import type { OddToken, PrefetchAnswer, UnassignedToken } from '../../tokenization/ports/tome.ts';
import { prefetchedToken } from '../contract/contract.ts';

/** Most characters of an odd token that are kept; a longer one is counted only. */
const MAX_KEPT_LENGTH = 64;

/**
 * Digits in a row that no token of this domain has, so that a card number is not stored inside one.
 */
const CARD_LENGTH_RUN = /[0-9]{13}/;

/**
 * Parts a prefetch answer into tokens that can be used and odd ones. A token may be odd; the answer
 * is used all the same.
 */
export function readPrefetched<Token extends string>(
  entries: readonly unknown[],
  readToken: (text: string) => Token | null,
): PrefetchAnswer<Token> {
  const tokens: UnassignedToken<Token>[] = [];
  const odd: OddToken[] = [];
  for (const entry of entries) {
    const { success, data } = z.safeParse(prefetchedToken, entry);
    const text = success ? data.token : textOf(entry);
    const token = text === null ? null : readToken(text);
    if (token === null) odd.push({ kept: keepable(text), fault: 'token-format' });
    else if (holdsCardNumber(token)) odd.push({ kept: null, fault: 'card-number' });
    else if (!success) odd.push({ kept: token, fault: 'expiry-format' });
    else tokens.push({ token, expiresAt: data.expiresAt == null ? null : new Date(data.expiresAt) });
  }
  return { tokens, odd };
}

function textOf(entry: unknown): string | null {
  const { success, data } = z.safeParse(z.object({ token: z.string() }), entry);
  return success ? data.token : null;
}

/**
 * An internal token is longer than a card number and could hide one. A reference is judged by its
 * own format.
 */
const holdsCardNumber = (token: string): boolean => token.length > 19 && CARD_LENGTH_RUN.test(token);

const keepable = (text: string | null): string | null =>
  text === null || !/^[!-~]+$/.test(text) || text.length > MAX_KEPT_LENGTH || couldBeCardNumber(text) ? null : text;
