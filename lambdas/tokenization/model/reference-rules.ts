import type { CardReference } from './card-reference.ts';
import type { LuhnPolicy } from './luhn.ts';
import { type FormatFault, findFormatFault, REFERENCE_FORMATS } from './reference-format.ts';
import { hasForm, type TokenForms } from './token-form.ts';

/**
 * What a new reference must satisfy beside the form that the profile of TOME says. `card-networks`:
 * the newest version of the reference format and the Luhn policy. `tome`: nothing.
 */
export const REFERENCE_RULES = ['card-networks', 'tome'] as const;

/** What this deployment requires of a new reference. */
export interface ReferenceRules {
  readonly referenceFormat: (typeof REFERENCE_RULES)[number];
  readonly luhnPolicy: LuhnPolicy;
  /** What the tokens of this TOME look like. */
  readonly forms: TokenForms;
}

/**
 * What a creation without a pair does about references that the rules do not allow.
 * `accept-and-count`: NS2 chooses one in the call that binds it. `refuse`: one is requested and
 * checked before it is bound. A reference that is bound already is accepted in both cases.
 */
export const UNACCEPTABLE_REFERENCES = ['accept-and-count', 'refuse'] as const;

export type ReferenceFault = FormatFault | 'tome-form';

/** Why `text` is not acceptable as a new reference, or `null`. */
export function findReferenceFault(
  text: string,
  { referenceFormat, luhnPolicy, forms }: ReferenceRules,
): ReferenceFault | null {
  const fault = referenceFormat === 'tome' ? null : findFormatFault(text, luhnPolicy);
  return fault ?? (hasForm(text, forms.reference) ? null : 'tome-form');
}

/**
 * Whether a reference that NS2 has bound is one that this deployment would not have taken. A new
 * one is compared with the newest version of the format, and an older one with the versions under
 * which it may have been taken.
 */
export function isOddReference(reference: CardReference, rules: ReferenceRules, isNew: boolean): boolean {
  const { referenceFormat, luhnPolicy, forms } = rules;
  if (referenceFormat === 'tome' || isNew) return findReferenceFault(reference, rules) !== null;
  const wasTaken = REFERENCE_FORMATS.some((format) => findFormatFault(reference, luhnPolicy, format) === null);
  return !wasTaken || !hasForm(reference, forms.reference);
}
