declare const brand: unique symbol;

/** NS1's token and NS2's source. Stays in the database, in TOME and in memory: never in a log, an event or an answer (I11). */
export type InternalToken = string & { readonly [brand]: 'InternalToken' };

/**
 * 20-64 letters, digits, hyphens and underscores. Longer than any card number (at most 19) and any reference (16), so that none
 * of the three can be taken for another (brief 2, rule 10).
 */
const FORMAT = /^[A-Za-z0-9_-]{20,64}$/;

export const isInternalToken = (text: string): text is InternalToken => FORMAT.test(text);
