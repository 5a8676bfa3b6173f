import { charactersOf, hasForm, TOKEN_LENGTHS, type TokenForms } from './token-form.ts';

declare const brand: unique symbol;

/**
 * NS1's token and NS2's source. A new one has the form that the profile of TOME says
 * (token-form.ts). One that is bound can have the form of an earlier profile. It is never in a log,
 * an event or an answer (docs/design.md#i11).
 */
export type InternalToken = string & { readonly [brand]: 'InternalToken' };

const ANY_FORM = new RegExp(charactersOf({ alphabet: 'url-safe', ...TOKEN_LENGTHS }));

/**
 * Whether a text can be a bound internal token: the profile may have allowed its form when it was
 * bound, and its card must stay usable (docs/database-changes.md#forms-of-tokens).
 */
export const canBeBoundToken = (text: string): text is InternalToken => ANY_FORM.test(text);

/** Whether a text is an internal token by the profile, as every new one must be. */
export const isNewInternalToken = (text: string, { internalToken }: TokenForms): text is InternalToken =>
  hasForm(text, internalToken);
