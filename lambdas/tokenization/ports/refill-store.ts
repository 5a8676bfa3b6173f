import type { CardReference } from '../model/card-reference.ts';
import type { InternalToken } from '../model/internal-token.ts';
import type { TokenPair } from '../model/pair.ts';
import type { QuarantineReason } from './pair-store.ts';
import type { UnassignedToken } from './tome.ts';

/**
 * The right of one run to refill. Its writes name the number, so that an overtaken run is refused.
 */
export interface Lease {
  readonly fencing: bigint;
}

export interface StagedPair extends TokenPair {
  readonly pairId: bigint;
}

/** The tokens of one round of prefetch calls. */
export interface PrefetchedTokens {
  readonly internalTokens: readonly UnassignedToken<InternalToken>[];
  readonly references: readonly UnassignedToken<CardReference>[];
  readonly rejected: readonly RejectedToken[];
}

/** A token that is set aside and never used: it has a wrong form. */
export interface RejectedToken {
  readonly namespace: 'ns1' | 'ns2';
  /** `null` when it is only counted: it has no text, or could be a card number. */
  readonly kept: string | null;
  readonly fault: string;
}

export interface StagedCount {
  readonly staged: number;
  /** Tokens that were set aside: `rejected` ones, and those that expire too early. */
  readonly rejected: number;
  /** Tokens that are kept for the next round, because the other namespace returned fewer. */
  readonly spareInternalTokens: number;
  readonly spareReferences: number;
}

/** The database for refills. Every write can be repeated after a lost commit. */
export interface RefillStore {
  /** `null` while another run holds the lease. The holder itself gets a new number. */
  acquireLease(holder: string): Promise<Lease | null>;
  /** Rejects with LeaseLost. */
  renewLease(lease: Lease): Promise<void>;
  releaseLease(lease: Lease): Promise<void>;
  /** How many tokens of each namespace have no partner yet. */
  spareTokens(): Promise<{ readonly internalTokens: number; readonly references: number }>;
  /** Records a prefetch call before it is sent, so that the tokens of a lost answer are counted. */
  announcePrefetch(
    lease: Lease,
    request: { readonly namespace: 'ns1' | 'ns2'; readonly count: number },
  ): Promise<string>;
  /**
   * (none) -> STAGED: pairs the tokens with each other and with spare ones, keeps the rest, and
   * marks the announced calls as answered. Skips tokens that are stored already. Rejects with
   * LeaseLost.
   */
  stage(lease: Lease, announcements: readonly string[], tokens: PrefetchedTokens): Promise<StagedCount>;
  /** STAGED pairs, with the fewest failures first. */
  stagedPairs(limit: number): Promise<readonly StagedPair[]>;
  /** STAGED -> AVAILABLE for pairs with which NS2 has answered. Rejects with LeaseLost. */
  activate(lease: Lease, pairs: readonly StagedPair[]): Promise<number>;
  /** STAGED -> QUARANTINED. */
  quarantineStaged(pairIds: readonly bigint[], reason: QuarantineReason): Promise<void>;
  /** Counts a failed attempt to bind each pair, and quarantines pairs with too many failures. */
  noteMappingFailure(pairIds: readonly bigint[]): Promise<void>;
  /** Records the duration of this refill and its available pairs, for the next plan. */
  noteRefill(durationSeconds: number, activated: number): Promise<void>;
}
