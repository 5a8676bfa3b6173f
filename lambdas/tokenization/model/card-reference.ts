import { InvalidInput } from '../errors.ts';
import { findFormatFault, REFERENCE_FORMATS } from './reference-format.ts';

declare const brand: unique symbol;

/** NS2's token: the external reference ID, the only thing that others ever see. 16 digits; the full rule is in `reference-format.ts`. */
export type CardReference = string & { readonly [brand]: 'CardReference' };

/**
 * Whether a text has a reference's shape. Only the shape: a reference given out under an older format version or another
 * Luhn policy must stay readable for ever (invariant I4).
 */
export const isCardReference = (text: string): text is CardReference => /^[0-9]{16}$/.test(text);

/** Whether a reference may have been given out: it was in order under at least one version of the format. */
export const mayHaveBeenGivenOut = (text: string): boolean =>
  REFERENCE_FORMATS.some((format) => findFormatFault(text, 'any', format) === null);

/**
 * A reference as a caller gives it. What starts like a card number under every version of the format
 * was never given out, and may be a card number in the wrong field: it is refused here, before it
 * reaches a statement or TOME. Throws InvalidInput that names the field and never the value.
 */
export function parseCardReference(text: string, field = 'cardReferenceId'): CardReference {
  if (!isCardReference(text) || !mayHaveBeenGivenOut(text)) {
    throw new InvalidInput(field, 'must be a 16-digit card reference');
  }
  return text;
}
