import { type DigitForm, isOfDigitForm } from '../../tokenization/model/digit-form.ts';

/** The text that replaces a number of a masked form. */
export const MASKED_DIGITS_PLACEHOLDER = '[masked number]';

let masked: readonly DigitForm[] = [];

/**
 * Says which numbers no log line may contain beside card numbers: internal tokens, if they are
 * digits, and account numbers. Called once in the start of a function, because the logger serves
 * the whole process.
 */
export function configureMasks(forms: readonly DigitForm[]): void {
  masked = forms;
}

/** Whether consecutive digits are a number of a masked form. */
export const areMasked = (digits: string): boolean => masked.some((form) => isOfDigitForm(digits, form));

/** The fewest digits of a masked number. */
export const fewestMaskedDigits = (): number => Math.min(...masked.flatMap(({ lengths }) => lengths));
