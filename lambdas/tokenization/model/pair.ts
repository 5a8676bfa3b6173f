import type { CardReference } from './card-reference.ts';
import type { InternalToken } from './internal-token.ts';

/** The stations of a pair's life (brief 2). The edges between them live in the database, in `pool/migrations`. */
export type PairState = 'STAGED' | 'AVAILABLE' | 'RESERVED' | 'USED' | 'QUARANTINED';

/** One internal token bound to one external reference on NS2. */
export interface TokenPair {
  readonly internalToken: InternalToken;
  readonly cardReference: CardReference;
}
