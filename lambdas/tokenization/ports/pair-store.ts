import type { CardReference } from '../model/card-reference.ts';
import type { InternalToken } from '../model/internal-token.ts';
import type { PairState, TokenPair } from '../model/pair.ts';
import type { CreatedCard } from '../tokenizer.ts';
import type { CallerBudget } from './budget-ledger.ts';

/** A pair held for one creation. "Possibly dispatched" from its first moment on (brief 2, rule 1). */
export interface Reservation extends TokenPair {
  readonly id: string;
  readonly pairId: bigint;
}

/** A caller's Idempotency-Key as it is stored: keyed hashes only, because callers put anything into it. */
export interface IdempotencyClaim {
  /** HMAC of the key. */
  readonly keyHash: Uint8Array;
  /** HMAC of key and body together: equal for the same body under the same key, unrelated across keys. */
  readonly fingerprint: Uint8Array;
}

export type ReserveOutcome =
  | {
      readonly outcome: 'reserved';
      readonly reservation: Reservation;
      /** True when an earlier request with this key made the reservation: then it may have been sent to NS1 already. */
      readonly resumed: boolean;
    }
  /** The pool is empty. A claim, if one was given, is held all the same: the direct path is open. */
  | { readonly outcome: 'no-pair' }
  | { readonly outcome: 'key-completed'; readonly cardReference: CardReference; readonly created: boolean }
  | { readonly outcome: 'key-in-progress'; readonly retryAfterSeconds: number }
  | { readonly outcome: 'key-conflict' };

export interface StoredPair extends TokenPair {
  readonly state: PairState;
  /** Whether NS2 ever answered with exactly this pair. A STAGED pair's binding is only intended. */
  readonly mapped: boolean;
}

/** Why a pair was taken out of circulation. The database knows the same list. */
export type QuarantineReason =
  | 'stale-reservation'
  | 'card-already-bound'
  | 'conflict'
  | 'wrong-echo'
  | 'reference-format'
  | 'unmappable'
  | 'expired'
  | 'restored'
  | 'found-bound';

/**
 * The pairs in the database (brief 2). Every method may reject with StoreUnavailable. Every write may be executed again with the
 * same arguments after its commit's outcome was lost; the second execution finds the first and gives the same answer.
 */
export interface PairStore {
  /** AVAILABLE -> RESERVED for a fresh reservation id; the claim's key row goes in the same statement (rule 6). */
  reserve(reservationId: string, claim: IdempotencyClaim | null): Promise<ReserveOutcome>;
  /**
   * RESERVED, or QUARANTINED for a late owner, -> USED, with its outbox row and, where a key was
   * claimed, with the key's answer. The caller must hold NS1's word that its card is bound to the
   * pair's token. Rejects with ReservationLost when this reservation did not use the pair.
   */
  markUsed(reservation: Reservation, claim: IdempotencyClaim | null): Promise<void>;
  /**
   * RESERVED -> AVAILABLE for the owner, who must know that nothing can be bound to it (brief 2, edge table). False when it was not given
   * back: another request has taken up its key, and may have sent the pair to NS1 as well.
   */
  release(
    reservation: Reservation,
    reason: 'not-dispatched' | 'card-already-bound',
    claim: IdempotencyClaim | null,
  ): Promise<boolean>;
  /** RESERVED -> QUARANTINED for the owner. */
  quarantineReservation(reservation: Reservation, reason: QuarantineReason): Promise<void>;
  /**
   * Any unused state -> USED, because NS1 said definitively that a card is bound to this internal token. With its outbox row. Rejects with
   * PairConflict when the stored pair is another one.
   */
  adopt(pair: TokenPair): Promise<void>;
  /**
   * Stores a pair that TOME bound outside the pool, as USED with its outbox row; does nothing when it is there. Rejects with PairConflict
   * when one half is stored beside another half.
   */
  insertBound(pair: TokenPair, origin: 'direct' | 'repair'): Promise<void>;
  /** Rejects with CallerBudgetSpent when a budget is given that has no unit left, whatever there is to find. */
  findByInternalToken(internalToken: InternalToken, budget?: CallerBudget): Promise<StoredPair | null>;
  /**
   * Rejects with InvalidInput when the text is some pair's internal token: refused wherever a reference is expected. Rejects with
   * CallerBudgetSpent as `findByInternalToken` does.
   */
  findByReference(reference: CardReference, budget?: CallerBudget): Promise<StoredPair | null>;
  /** Writes a key's answer, when that is not the pair reserved for it. The card must be the key's own. */
  completeIdempotencyKey(claim: IdempotencyClaim, card: CreatedCard): Promise<void>;
  /** Ends the hold of a key, so that the next request with this key does not wait until it expires. */
  releaseIdempotencyKey(claim: IdempotencyClaim): Promise<void>;
  /** One unit of the direct path's budget, shared by all instances; false when this second's is used up. */
  spendDirectBudget(): Promise<boolean>;
  /** Asks for an emergency refill; of many who ask at once, one is heard (brief 2, "pool empty"). */
  requestRefill(): Promise<void>;
}
