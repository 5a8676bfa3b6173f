import type { CardReference } from '../model/card-reference.ts';
import type { InternalToken } from '../model/internal-token.ts';
import type { PairState, TokenPair } from '../model/pair.ts';
import type { CreatedCard } from '../tokenizer.ts';
import type { CallerBudget } from './budget-ledger.ts';

/** A pair that one creation has taken. From now on its token may have been sent to NS1. */
export interface Reservation extends TokenPair {
  readonly id: string;
  readonly pairId: bigint;
}

/** An Idempotency-Key and its body, as keyed hashes: a caller can put a card number into a key. */
export interface IdempotencyClaim {
  /** HMAC of the key. */
  readonly keyHash: Uint8Array;
  /** HMAC of key and body: equal for one body under one key, and unrelated for different keys. */
  readonly fingerprint: Uint8Array;
}

export type ReserveOutcome =
  | {
      readonly outcome: 'reserved';
      readonly reservation: Reservation;
      /** An earlier request with this key made the reservation and may have called NS1. */
      readonly resumed: boolean;
    }
  /** The pool is empty. The claim, if any, is held, so the direct path can continue. */
  | { readonly outcome: 'no-pair' }
  | { readonly outcome: 'key-completed'; readonly cardReference: CardReference; readonly created: boolean }
  | { readonly outcome: 'key-in-progress'; readonly retryAfterSeconds: number }
  | { readonly outcome: 'key-conflict' };

export interface StoredPair extends TokenPair {
  readonly state: PairState;
  /** Whether NS2 has answered with exactly this pair. The row of a STAGED pair is only a plan. */
  readonly mapped: boolean;
}

/** The column `reason` of a pair that the code quarantines. The database accepts any text there. */
export type QuarantineReason =
  | 'stale-reservation'
  | 'card-already-bound'
  | 'conflict'
  | 'wrong-echo'
  | 'equal-texts'
  | 'reference-format'
  | 'unmappable'
  | 'expired'
  | 'restored'
  | 'found-bound';

/**
 * The pairs in the database (docs/design.md#edges). Every method can reject with StoreUnavailable.
 * Every write can be repeated with the same arguments after a lost commit and gives the same
 * answer.
 */
export interface PairStore {
  /**
   * AVAILABLE -> RESERVED for a new reservation id. The same statement writes the row of the key.
   */
  reserve(reservationId: string, claim: IdempotencyClaim | null): Promise<ReserveOutcome>;
  /**
   * RESERVED -> USED, or QUARANTINED -> USED for a late owner, with the event and the key's answer.
   * Only after NS1 has confirmed that the card is bound to the pair's token. Rejects with
   * ReservationLost when this reservation did not use the pair.
   */
  markUsed(reservation: Reservation, claim: IdempotencyClaim | null): Promise<void>;
  /**
   * RESERVED -> AVAILABLE for the owner, which must know that no card can be bound to the token.
   * False when the pair was not released: another request took over the key and may have sent the
   * token to NS1 as well.
   */
  release(
    reservation: Reservation,
    reason: 'not-dispatched' | 'card-already-bound',
    claim: IdempotencyClaim | null,
  ): Promise<boolean>;
  /** RESERVED -> QUARANTINED for the owner. */
  quarantineReservation(reservation: Reservation, reason: QuarantineReason): Promise<void>;
  /**
   * Any unused state -> USED with its event, because NS1 has confirmed a card for the token.
   * Rejects with PairConflict when the stored pair is another one.
   */
  adopt(pair: TokenPair): Promise<void>;
  /**
   * Stores a pair that TOME bound outside the pool, as USED with its event. Does nothing when it is
   * stored already. False when it cannot be stored: its internal token does not have the profile's
   * form, or is the reference of a stored pair. Rejects with PairConflict when one half is stored
   * with another half, and with ReferenceUnacceptable when the reference is an internal token.
   */
  insertBound(pair: TokenPair, origin: 'direct' | 'repair'): Promise<boolean>;
  /**
   * Rejects with CallerBudgetSpent when the given budget is spent, whether or not there is a pair.
   */
  findByInternalToken(internalToken: InternalToken, budget?: CallerBudget): Promise<StoredPair | null>;
  /**
   * Rejects with InvalidInput when the text is an internal token, which is refused where a
   * reference is expected. Rejects with CallerBudgetSpent like `findByInternalToken`.
   */
  findByReference(reference: CardReference, budget?: CallerBudget): Promise<StoredPair | null>;
  /**
   * Writes the answer of a key that is not its reserved pair. The card must be the one in its body.
   */
  completeIdempotencyKey(claim: IdempotencyClaim, card: CreatedCard): Promise<void>;
  /**
   * Ends the hold of a key, so that the next request with this key does not wait until it expires.
   */
  releaseIdempotencyKey(claim: IdempotencyClaim): Promise<void>;
  /** Takes one unit of the direct path's budget of all instances. False when none is left. */
  spendDirectBudget(): Promise<boolean>;
  /** Requests a refill. Concurrent requests are one request. */
  requestRefill(): Promise<void>;
}
