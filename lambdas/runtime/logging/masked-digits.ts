import { type DigitForm, isOfDigitForm } from '../../tokenization/model/digit-form.ts';

/** The text that replaces a number of a masked form. */
export const MASKED_DIGITS_PLACEHOLDER = '[masked number]';

let masked: readonly DigitForm[] = [];
/** The fewest digits of a masked number. */
let fewest = Number.POSITIVE_INFINITY;

/**
 * Says which numbers no log line may contain beside card numbers: internal tokens, if they are
 * digits, and account numbers. Called once in the start of a function, because the logger serves
 * the whole process.
 */
export function configureMasks(forms: readonly DigitForm[]): void {
  masked = forms;
  fewest = Math.min(...forms.flatMap(({ lengths }) => lengths));
}

/** Whether consecutive digits are a number of a masked form. */
export const areMasked = (digits: string): boolean => masked.some((form) => isOfDigitForm(digits, form));

/** The fewest digits of a masked number; infinite if nothing is masked. */
export const fewestMaskedDigits = (): number => fewest;
