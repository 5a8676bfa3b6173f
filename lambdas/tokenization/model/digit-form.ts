import { startsBetween } from './card-networks.ts';
import { hasCheckDigit, type LuhnPolicy } from './luhn.ts';
import type { DigitRange, TokenForm } from './token-form.ts';

/** What certain numbers look like, so that a log can mask them. */
export interface DigitForm {
  /** Numbers of digits. */
  readonly lengths: readonly number[];
  readonly checkDigit: LuhnPolicy;
  /** No number starts with digits of one of these ranges. */
  readonly forbiddenStarts?: readonly DigitRange[];
}

/** Whether digits are a number of this form. */
export const isOfDigitForm = (digits: string, { lengths, checkDigit, forbiddenStarts = [] }: DigitForm): boolean =>
  lengths.includes(digits.length) &&
  !forbiddenStarts.some((range) => startsBetween(digits, range)) &&
  hasCheckDigit(digits, checkDigit);

/** The fewest and most digits of a source in every form: card numbers and account numbers. */
export const SOURCE_DIGITS = { fewest: 8, most: 19 } as const;

/**
 * The numbers of a token form. A token of another alphabet can consist of digits too: it counts if
 * it is as short as a source. `null` if no token is.
 */
export function digitFormOfTokens({ alphabet, shortest, longest, ...rules }: TokenForm): DigitForm | null {
  const fewest = alphabet === 'digits' ? shortest : Math.max(shortest, SOURCE_DIGITS.fewest);
  const most = alphabet === 'digits' ? longest : Math.min(longest, SOURCE_DIGITS.most);
  const lengths = Array.from({ length: Math.max(0, most - fewest + 1) }, (_, index) => fewest + index);
  return lengths.length === 0 ? null : { ...rules, lengths };
}
