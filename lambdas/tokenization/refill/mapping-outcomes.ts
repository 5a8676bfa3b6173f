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

/**
 * Pairs in a row without one that was mapped, after which the fault is not taken for theirs and the
 * run stops.
 */
const MOST_FRUITLESS_IN_A_ROW = 20;

/**
 * Failed pairs that are blamed without a question; beyond it they have to be few beside those that
 * were mapped.
 */
const FEW = 1;
const BLAMED_SHARE = 0.1;

/**
 * Collects what NS2 said of one run's pairs and writes it down in chunks, so that pairs come on
 * offer while the rest is still being mapped.
 */
export class MappingOutcomes {
  readonly #dependencies: PrefetchDependencies;
  readonly #run: PrefetchRun;
  /** Pairs of this run that are not tried again in it. */
  readonly tried = new Set<bigint>();
  #mapped: StagedPair[] = [];
  #wrong: bigint[] = [];
  readonly #failed: bigint[] = [];
  #mappedInAll = 0;
  #fruitlessInARow = 0;
  #unanswered = 0;
  #lastMappedMs: number;

  constructor(dependencies: PrefetchDependencies, run: PrefetchRun) {
    this.#dependencies = dependencies;
    this.#run = run;
    this.#lastMappedMs = dependencies.clock.monotonicMs();
  }

  /** Pairs of this run that failed and are still STAGED. */
  get passedOver(): number {
    return this.#failed.length;
  }

  /** Pairs about which TOME gave no usable word. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Milliseconds without a pair that was mapped. */
  get idleMs(): number {
    return this.#dependencies.clock.monotonicMs() - this.#lastMappedMs;
  }

  /** NS2 named a token for the pair. Rejects with the TomeError that makes going on pointless. */
  async add(pair: StagedPair, token: string): Promise<void> {
    if (token !== pair.cardReference) {
      this.#wrong.push(pair.pairId);
      return this.#fruitless(new TomeAnswerInvalid('NS2 answers with other references than asked.', { attempts: 1 }));
    }
    this.#fruitlessInARow = 0;
    this.#mappedInAll += 1;
    this.#lastMappedMs = this.#dependencies.clock.monotonicMs();
    this.#mapped.push(pair);
    if (this.#mapped.length >= this.#dependencies.settings.activationChunk) await this.#activate();
  }

  /**
   * The pair could not be mapped. Only TOME's own word about this pair condemns it at once;
   * anything else (silence, 5xx, a gateway's page) may be TOME's affair. Throws the error when
   * going on is pointless.
   */
  addFailure(pair: StagedPair, error: TomeError): void {
    if (isAnotherWord(error)) this.#wrong.push(pair.pairId);
    else {
      this.#failed.push(pair.pairId);
      if (!(error instanceof TomeRequestRefused)) this.#unanswered += 1;
    }
    this.#fruitless(error);
  }

  /** Writes down what is certain. */
  async flush(): Promise<void> {
    await this.#activate();
    const wrong = this.#wrong;
    this.#wrong = [];
    if (wrong.length === 0) return;
    await this.#dependencies.store.quarantineStaged(wrong, 'wrong-echo');
    this.#run.tally.quarantined += wrong.length;
  }

  /**
   * At the run's end: a pair that failed while the others were mapped is noted as failed, and
   * quarantined once it has failed too often. Where many failed it was TOME, and no pair is blamed.
   */
  async blame(): Promise<void> {
    const isTheirs =
      this.#mappedInAll > 0 && this.#failed.length <= Math.max(FEW, Math.floor(this.#mappedInAll * BLAMED_SHARE));
    if (this.#failed.length > 0 && isTheirs) await this.#dependencies.store.noteMappingFailure(this.#failed);
  }

  #fruitless(error: TomeError): void {
    this.#fruitlessInARow += 1;
    if (this.#fruitlessInARow >= MOST_FRUITLESS_IN_A_ROW) throw error;
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
 * NS2 has the token for another source, or names something that is no reference of ours: this pair
 * can never be used.
 */
const isAnotherWord = (error: TomeError): boolean =>
  error instanceof TomeTokenTaken ||
  error instanceof ReferenceUnacceptable ||
  error instanceof InternalTokenUnacceptable;
