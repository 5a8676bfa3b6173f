declare const brand: unique symbol;

/**
 * NS1's token and NS2's source, in the form that the profile of TOME says (token-form.ts). It is
 * never in a log, an event or an answer (docs/design.md#i11).
 */
export type InternalToken = string & { readonly [brand]: 'InternalToken' };
