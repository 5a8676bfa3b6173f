import { passesLuhn } from './luhn.ts';

/**
 * Whether a text that came from outside could be, or hold, a card number, so that it must not be
 * stored. Of digits alone the check digit decides; of 13 and more digits with something between
 * them nothing is certain, and they count as one.
 */
export function couldBeCardNumber(text: string): boolean {
  const digits = text.replaceAll(/[^0-9]/g, '');
  if (digits.length < 13) return false;
  return digits.length !== text.length || digits.length > 19 || passesLuhn(digits);
}
