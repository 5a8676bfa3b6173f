import { InvalidInput } from '../errors.ts';
import { findFormatFault, REFERENCE_FORMATS } from './reference-format.ts';
import { isInternalTokenByForm, type TokenForms } from './token-form.ts';

declare const brand: unique symbol;

/** NS2's token, 16 digits. `reference-rules.ts` says what a new one must look like. */
export type CardReference = string & { readonly [brand]: 'CardReference' };

/** Checks the length only: every reference that NS2 has bound must stay readable. */
export const isCardReference = (text: string): text is CardReference => /^[0-9]{16}$/.test(text);

/** Whether at least one version of the format allows the reference. */
export const isOfAnyFormat = (text: string): boolean =>
  REFERENCE_FORMATS.some((format) => findFormatFault(text, 'any', format) === null);

/**
 * Reads a caller's reference. A text that has the form of an internal token is refused before the
 * database or TOME see it, where the forms are told apart by form. All other 16 digits are looked
 * up, because NS2 may have bound a reference outside our format, and it must be readable
 * (docs/decisions/0048-accept-references-that-ns2-has-bound.md). Throws InvalidInput, which names
 * the field and never the value.
 */
export function parseCardReference(text: string, forms: TokenForms, field = 'cardReferenceId'): CardReference {
  if (!isCardReference(text) || isInternalTokenByForm(text, forms)) {
    throw new InvalidInput(field, 'must be a 16-digit card reference');
  }
  return text;
}
