declare const brand: unique symbol;

/**
 * NS1's token and NS2's source. It is never in a log, an event or an answer (docs/design.md#i11).
 */
export type InternalToken = string & { readonly [brand]: 'InternalToken' };

/**
 * Longer than a card number (at most 19) and a reference (16), so that none of the three can be
 * taken for another (docs/design.md#reference-format).
 */
const FORMAT = /^[A-Za-z0-9_-]{20,64}$/;

export const isInternalToken = (text: string): text is InternalToken => FORMAT.test(text);
