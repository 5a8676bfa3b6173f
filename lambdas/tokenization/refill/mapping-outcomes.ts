import type { QuarantineReason } from '../ports/pair-store.ts';
import type { StagedPair } from '../ports/refill-store.ts';
import {
  InternalTokenUnacceptable,
  ReferenceUnacceptable,
  TomeAnswerInvalid,
  type TomeError,
  TomeRequestRefused,
  TomeTokenTaken,
} from '../tome-errors.ts';
import type { PrefetchDependencies, PrefetchRun } from './prefetch-run.ts';

/** After this many failures in a row TOME is the cause and not the pairs: the run stops. */
const MOST_FAILURES_IN_A_ROW = 20;

/**
 * Failed pairs count as the cause of their failure when there are at most this many, or when they
 * are at most this share of the bound pairs.
 */
const FEW_FAILED = 1;
const FAILED_SHARE = 0.1;

/**
 * Collects the results of binding one run's pairs, and stores them in chunks, so that pairs become
 * available before all are bound.
 */
export class MappingOutcomes {
  readonly #dependencies: PrefetchDependencies;
  readonly #run: PrefetchRun;
  /** Pairs that this run does not try again. */
  readonly tried = new Set<bigint>();
  #mapped: StagedPair[] = [];
  #wrong: bigint[] = [];
  #equal: bigint[] = [];
  readonly #failed: bigint[] = [];
  #mappedInAll = 0;
  #failuresInARow = 0;
  #unanswered = 0;
  #lastMappedMs: number;

  constructor(dependencies: PrefetchDependencies, run: PrefetchRun) {
    this.#dependencies = dependencies;
    this.#run = run;
    this.#lastMappedMs = dependencies.clock.monotonicMs();
  }

  /** Pairs that failed in this run and are still STAGED. */
  get failed(): number {
    return this.#failed.length;
  }

  /** Pairs about which TOME gave no usable answer. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Milliseconds since a pair was bound. */
  get idleMs(): number {
    return this.#dependencies.clock.monotonicMs() - this.#lastMappedMs;
  }

  /**
   * Whether the pair may be bound. A pair of two equal texts is quarantined: its reference would be
   * its internal token.
   */
  admit({ pairId, internalToken, cardReference }: StagedPair): boolean {
    const isEqual = (internalToken as string) === cardReference;
    if (isEqual) this.#equal.push(pairId);
    return !isEqual;
  }

  /** NS2 answered with a token. Rejects with the TomeError that ends the run. */
  async add(pair: StagedPair, token: string): Promise<void> {
    if (token !== pair.cardReference) {
      this.#wrong.push(pair.pairId);
      return this.#countFailure(
        new TomeAnswerInvalid('NS2 answers with other references than requested.', { attempts: 1 }),
      );
    }
    this.#failuresInARow = 0;
    this.#mappedInAll += 1;
    this.#lastMappedMs = this.#dependencies.clock.monotonicMs();
    this.#mapped.push(pair);
    if (this.#mapped.length >= this.#dependencies.settings.activationChunk) await this.#activate();
  }

  /**
   * The pair could not be bound. Only an answer of TOME about this pair quarantines it at once; of
   * any other failure (timeout, 5xx, a gateway's page) TOME can be the cause. Throws the error when
   * it ends the run.
   */
  addFailure(pair: StagedPair, error: TomeError): void {
    if (isAboutPair(error)) this.#wrong.push(pair.pairId);
    else {
      this.#failed.push(pair.pairId);
      if (!(error instanceof TomeRequestRefused)) this.#unanswered += 1;
    }
    this.#countFailure(error);
  }

  /** Stores all results that are certain. */
  async flush(): Promise<void> {
    await this.#activate();
    const [wrong, equal] = [this.#wrong, this.#equal];
    this.#wrong = [];
    this.#equal = [];
    await this.#quarantine(wrong, 'wrong-echo');
    await this.#quarantine(equal, 'equal-texts');
  }

  /**
   * Called at the end of a run. When few pairs failed and others were bound, the failed pairs are
   * the cause, and each failure counts towards their quarantine. Otherwise TOME was the cause.
   */
  async noteFailures(): Promise<void> {
    const arePairsTheCause =
      this.#mappedInAll > 0 &&
      this.#failed.length <= Math.max(FEW_FAILED, Math.floor(this.#mappedInAll * FAILED_SHARE));
    if (this.#failed.length > 0 && arePairsTheCause) {
      await this.#dependencies.store.noteMappingFailure(this.#failed);
    }
  }

  #countFailure(error: TomeError): void {
    this.#failuresInARow += 1;
    if (this.#failuresInARow >= MOST_FAILURES_IN_A_ROW) throw error;
  }

  async #quarantine(pairIds: readonly bigint[], reason: QuarantineReason): Promise<void> {
    if (pairIds.length === 0) return;
    await this.#dependencies.store.quarantineStaged(pairIds, reason);
    this.#run.tally.quarantined += pairIds.length;
  }

  async #activate(): Promise<void> {
    const mapped = this.#mapped;
    this.#mapped = [];
    if (mapped.length === 0) return;
    const activated = await this.#dependencies.store.activate(this.#run.lease, mapped);
    this.#run.tally.activated += activated;
    this.#dependencies.onProgress?.(this.#run.tally);
  }
}

/**
 * NS2 has bound the reference to another token, or names an unusable token: this pair can never be
 * bound.
 */
const isAboutPair = (error: TomeError): boolean =>
  error instanceof TomeTokenTaken ||
  error instanceof ReferenceUnacceptable ||
  error instanceof InternalTokenUnacceptable;
