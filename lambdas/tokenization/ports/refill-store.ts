import type { CardReference } from '../model/card-reference.ts';
import type { InternalToken } from '../model/internal-token.ts';
import type { TokenPair } from '../model/pair.ts';
import type { QuarantineReason } from './pair-store.ts';
import type { UnassignedToken } from './tome.ts';

/** One run's right to refill. Every write of a run names its number; a run that was overtaken is refused (rule 7). */
export interface Lease {
  readonly fencing: bigint;
}

export interface StagedPair extends TokenPair {
  readonly pairId: bigint;
}

/** What one round of prefetch calls brought; a namespace whose answer was lost has no tokens and counts as a leak. */
export interface PrefetchedTokens {
  readonly internalTokens: readonly UnassignedToken<InternalToken>[];
  readonly references: readonly UnassignedToken<CardReference>[];
  readonly rejected: readonly RejectedToken[];
}

/** A token that was put aside and is never used: no token of its namespace, or a reference that the format refuses. */
export interface RejectedToken {
  readonly namespace: 'ns1' | 'ns2';
  /** `null` for one that is counted only: it has no text, or could be a card number and must not be stored. */
  readonly kept: string | null;
  readonly fault: string;
}

export interface StagedCount {
  readonly staged: number;
  /** Tokens that were put aside: those given as rejected, and those that expire too soon by the database's clock. */
  readonly rejected: number;
  /** Tokens kept for the next run because the other namespace gave fewer. */
  readonly spareInternalTokens: number;
  readonly spareReferences: number;
}

/** The refill's side of the database. Every write may be executed again after its commit's outcome was lost. */
export interface RefillStore {
  /** `null` while another run holds it. The holder may take it again: it gets a new fencing number. */
  acquireLease(holder: string): Promise<Lease | null>;
  /** Rejects with LeaseLost. */
  renewLease(lease: Lease): Promise<void>;
  releaseLease(lease: Lease): Promise<void>;
  /** Tokens left over from short answers, by namespace. */
  spareTokens(): Promise<{ readonly internalTokens: number; readonly references: number }>;
  /** Notes that a prefetch is about to ask for tokens, so that an answer that is lost can be counted as a leak. */
  announcePrefetch(
    lease: Lease,
    request: { readonly namespace: 'ns1' | 'ns2'; readonly count: number },
  ): Promise<string>;
  /**
   * (none) -> STAGED: pairs the tokens with each other and with spare ones, keeps the rest, settles the announcements. Tokens that
   * are stored already are passed over. Rejects with LeaseLost.
   */
  stage(lease: Lease, announcements: readonly string[], tokens: PrefetchedTokens): Promise<StagedCount>;
  /** STAGED pairs, those that failed least often first. */
  stagedPairs(limit: number): Promise<readonly StagedPair[]>;
  /** STAGED -> AVAILABLE, for pairs that NS2 answered with exactly. Rejects with LeaseLost. */
  activate(lease: Lease, pairs: readonly StagedPair[]): Promise<number>;
  /** STAGED -> QUARANTINED. */
  quarantineStaged(pairIds: readonly bigint[], reason: QuarantineReason): Promise<void>;
  /** Notes a failed mapping; a pair that failed too often is quarantined, so that it cannot block the others. */
  noteMappingFailure(pairIds: readonly bigint[]): Promise<void>;
  /** How long this refill took and how many pairs came on offer: the next plan goes by it. */
  noteRefill(durationSeconds: number, activated: number): Promise<void>;
}
