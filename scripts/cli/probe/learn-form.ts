import { passesLuhn } from '../../../lambdas/tokenization/model/luhn.ts';
import type { WrittenProfile } from '../../../lambdas/tome/profile/tome-profile.ts';

export type WrittenForm = WrittenProfile['namespaces']['ns1']['token'];

/**
 * With fewer tokens a form is not concluded: a first digit that one in ten tokens has is missing
 * from 100 tokens with a probability of 1 in 37,000.
 */
export const FEWEST_TOKENS = 100;

/**
 * The lengths of a form with letters, if the tokens fit in. A wide form costs nothing: letters tell
 * the tokens from references and card numbers.
 */
const USUAL_LENGTHS = { shortest: 20, longest: 64 };

/** What the tokens of a namespace look like. */
export interface SeenForm {
  readonly form: WrittenForm;
  /** How sure that is, as a text for a finding. */
  readonly description: string;
}

/**
 * The narrowest form of digits that all tokens have, or the widest one with letters; `null` without
 * tokens, or when no form of a profile fits. Of leading digits only the first is concluded.
 */
export function learnForm(tokens: readonly string[]): SeenForm | null {
  const lengths = tokens.map(({ length }) => length);
  const [shortest, longest] = [Math.min(...lengths), Math.max(...lengths)];
  if (tokens.length === 0 || shortest < 8 || longest > 64) return null;
  const size = shortest === longest ? `${shortest}` : `${shortest} to ${longest}`;
  if (!tokens.every((token) => /^[0-9]+$/.test(token))) {
    if (!tokens.every((token) => /^[A-Za-z0-9_-]+$/.test(token))) return null;
    const form = {
      alphabet: 'url-safe' as const,
      shortest: Math.min(shortest, USUAL_LENGTHS.shortest),
      longest: Math.max(longest, USUAL_LENGTHS.longest),
    };
    return { form, description: `${tokens.length} tokens: ${size} letters, digits, - and _` };
  }
  const missing = DIGITS.filter((digit) => !tokens.some((token) => token.startsWith(digit)));
  const passing = tokens.filter(passesLuhn).length;
  const checkDigit = passing === 0 ? 'must-fail' : passing === tokens.length ? 'must-pass' : 'any';
  const none = missing.length === 0 ? 'all first digits occur' : `none starts with ${missing.join(', ')}`;
  return {
    form: { alphabet: 'digits', shortest, longest, forbiddenStarts: rangesOf(missing), checkDigit },
    description: `${tokens.length} tokens: ${size} digits; ${none}; ${passing} pass the check digit of card numbers`,
  };
}

const DIGITS = Array.from({ length: 10 }, (_, digit) => String(digit));

/** `['0', '3', '4', '5']` as `['0', '3-5']`. */
function rangesOf(digits: readonly string[]): string[] {
  const ranges: [from: number, to: number][] = [];
  for (const digit of digits.map(Number)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === digit - 1) last[1] = digit;
    else ranges.push([digit, digit]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`));
}
