import type { CardReference } from './card-reference.ts';
import type { InternalToken } from './internal-token.ts';

/**
 * The states of a pair, as the database names them (type `pair_state`), in the order of its life. A
 * pair that is available or reserved is POOLED: see docs/design.md#the-life-of-a-pair.
 */
export const PAIR_STATES = ['STAGED', 'POOLED', 'QUARANTINED', 'USED'] as const;

export type PairState = (typeof PAIR_STATES)[number];

/** One internal token, and the card reference that NS2 has bound to it or will bind. */
export interface TokenPair {
  readonly internalToken: InternalToken;
  readonly cardReference: CardReference;
}
