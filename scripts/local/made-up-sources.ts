import type { AccountNumberForm, SourceForm } from '../../lambdas/tokenization/model/source-form.ts';
import { checkDigitOf, madeUpCard } from './made-up-cards.ts';

/** An account number of 14 digits is preferred, because it has leading zeros for every serial. */
const PREFERRED_LENGTH = 14;

/**
 * Returns a made-up source of a producer domain. Different serials below a million give different
 * sources.
 */
export const madeUpSource = (serial: number, form: SourceForm): string =>
  form.kind === 'card-number' ? madeUpCard(serial) : madeUpAccount(serial, form);

/**
 * Returns a made-up account number with leading zeros, if its length allows it. Without a check
 * digit in the form, its last digit is a wrong one.
 */
function madeUpAccount(serial: number, { lengths, checkDigit }: AccountNumberForm): string {
  const length = lengths.includes(PREFERRED_LENGTH) ? PREFERRED_LENGTH : Math.max(...lengths);
  const body = String(serial % 10 ** Math.min(length - 1, 11)).padStart(length - 1, '0');
  const valid = checkDigitOf(body);
  return `${body}${checkDigit === 'luhn' ? valid : (valid + 1) % 10}`;
}
