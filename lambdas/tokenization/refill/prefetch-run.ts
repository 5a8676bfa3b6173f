import type { LuhnPolicy } from '../model/reference-format.ts';
import type { Clock } from '../ports/clock.ts';
import type { Lease, RefillStore } from '../ports/refill-store.ts';
import type { Tome, TomeCall } from '../ports/tome.ts';
import type { PoolLevel, RefillSettings } from './refill-plan.ts';

export interface PrefetchSettings extends RefillSettings {
  /** Most pairs of one round: tokens asked for in one call, at most TOME's 5,000. */
  readonly batchSize: number;
  /**
   * Mapping calls under way at once. Their rate is the affair of TOME's client; this only has to
   * keep it busy.
   */
  readonly mappingConcurrency: number;
  /** Pairs activated in one statement. */
  readonly activationChunk: number;
  /** Whether this TOME has bulk tokenize (brief 3; the contract probe tells). */
  readonly bulkTokenize: boolean;
}

export interface PrefetchDependencies {
  readonly tome: Tome;
  readonly store: RefillStore;
  readonly poolLevel: () => Promise<PoolLevel>;
  readonly clock: Clock;
  readonly luhnPolicy: LuhnPolicy;
  readonly settings: PrefetchSettings;
  /** Called as work goes on: for a progress line, and for metrics. */
  readonly onProgress?: (progress: PrefetchTally) => void;
}

/** What one run has done so far. */
export interface PrefetchTally {
  target: number;
  fetched: number;
  staged: number;
  activated: number;
  quarantined: number;
  /** Tokens of both namespaces that were put aside as unusable. */
  rejected: number;
  rejectedReferences: number;
  /** Pairs left for a later run because TOME gave no usable word about them. */
  unanswered: number;
}

/** One run under way: its right to write, its calls' deadline, and what it has done. */
export interface PrefetchRun {
  readonly lease: Lease;
  readonly call: TomeCall;
  readonly tally: PrefetchTally;
}
