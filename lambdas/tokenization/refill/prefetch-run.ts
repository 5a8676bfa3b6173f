import type { ReferenceRules } from '../model/reference-rules.ts';
import type { Clock } from '../ports/clock.ts';
import type { Lease, RefillStore } from '../ports/refill-store.ts';
import type { Tome, TomeCall } from '../ports/tome.ts';
import type { PoolLevel, RefillSettings } from './refill-plan.ts';

export interface PrefetchSettings extends RefillSettings {
  /** The most pairs of one round, and so the most tokens of one prefetch call. */
  readonly batchSize: number;
  /** Concurrent calls that bind pairs. TOME's client limits their rate. */
  readonly mappingConcurrency: number;
  /** Pairs that one statement makes available. */
  readonly activationChunk: number;
  /** The most pairs of one bulk call; `null` binds pairs one by one. */
  readonly bulkItems: number | null;
}

export interface PrefetchDependencies extends ReferenceRules {
  readonly tome: Tome;
  readonly store: RefillStore;
  readonly poolLevel: () => Promise<PoolLevel>;
  readonly clock: Clock;
  readonly settings: PrefetchSettings;
  /** Called during the run, for a progress line. */
  readonly onProgress?: (progress: PrefetchTally) => void;
}

/** What a run has done so far. */
export interface PrefetchTally {
  target: number;
  fetched: number;
  staged: number;
  activated: number;
  quarantined: number;
  /** Tokens of both namespaces that were set aside as unusable. */
  rejected: number;
  rejectedReferences: number;
  /** Pairs that stay STAGED, because TOME gave no usable answer about them. */
  unanswered: number;
}

export interface PrefetchRun {
  readonly lease: Lease;
  readonly call: TomeCall;
  readonly tally: PrefetchTally;
}
