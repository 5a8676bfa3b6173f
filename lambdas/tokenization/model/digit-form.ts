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

/** The numbers of a token form; `null` for tokens that contain other characters. */
export const digitFormOfTokens = ({ alphabet, shortest, longest, ...rules }: TokenForm): DigitForm | null =>
  alphabet === 'digits'
    ? { ...rules, lengths: Array.from({ length: longest - shortest + 1 }, (_, index) => shortest + index) }
    : null;
