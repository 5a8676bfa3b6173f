import { InvalidInput } from '../errors.ts';
import { findFormatFault, REFERENCE_FORMATS } from './reference-format.ts';
import { isInternalTokenByForm, type TokenForms } from './token-form.ts';

declare const brand: unique symbol;

/** NS2's token, 16 digits. `reference-format.ts` has the complete rule. */
export type CardReference = string & { readonly [brand]: 'CardReference' };

/** Checks the length only: references of older versions and Luhn policies must stay readable. */
export const isCardReference = (text: string): text is CardReference => /^[0-9]{16}$/.test(text);

/** Whether at least one version of the format allows the reference. */
export const mayHaveBeenGivenOut = (text: string): boolean =>
  REFERENCE_FORMATS.some((format) => findFormatFault(text, 'any', format) === null);

/**
 * Reads a caller's reference. A text that every version forbids may be a card number in the wrong
 * field, so it is refused before it reaches the database or TOME. So is an internal token, where its
 * form shows what it is. Throws InvalidInput, which names the field and never the value.
 */
export function parseCardReference(text: string, forms: TokenForms, field = 'cardReferenceId'): CardReference {
  if (!isCardReference(text) || !mayHaveBeenGivenOut(text) || isInternalTokenByForm(text, forms)) {
    throw new InvalidInput(field, 'must be a 16-digit card reference');
  }
  return text;
}
