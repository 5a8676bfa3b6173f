import {
  isWorthAnotherRound,
  planRefill,
  type RefillSettings,
} from '../../../../lambdas/tokenization/refill/refill-plan.ts';
import type { ConsumptionHistory } from './consumption-history.ts';

export interface RefillModelSettings extends RefillSettings {
  readonly batchSize: number;
  readonly activationChunk: number;
  /** Most mapping calls a second of a run. */
  readonly batchPerSecond: number;
  readonly timeLimitSeconds: number;
}

export interface RefillStep {
  /** Pairs that became available in this second. */
  readonly activated: number;
  readonly mappingCalls: number;
  readonly prefetchCalls: number;
}

interface Run {
  readonly startedAt: number;
  activated: number;
  rounds: number;
}

/**
 * How fast the rate increases after a 429, and its minimum, as in the client of TOME
 * (adaptive-rate-limiter.ts).
 */
const INCREASE_PER_SECOND = 0.05;
const FLOOR = 0.05;

const IDLE: RefillStep = { activated: 0, mappingCalls: 0, prefetchCalls: 0 };

/**
 * Simulates the prefetch job second by second: plan, one second to fetch tokens, map at the rate
 * limit, make chunks of pairs available, until the pool is full.
 */
export class RefillModel {
  readonly #settings: RefillModelSettings;
  readonly #history: ConsumptionHistory;
  #run: Run | null = null;
  #rate: number;
  #staged = 0;
  /** Mapped pairs whose chunk is not complete, so that they are not available yet. */
  #mapped = 0;

  constructor(settings: RefillModelSettings, history: ConsumptionHistory) {
    this.#settings = settings;
    this.#history = history;
    this.#rate = settings.batchPerSecond;
  }

  /**
   * Staged pairs as the database counts them, including mapped pairs that are not available yet.
   */
  get staged(): number {
    return this.#staged + this.#mapped;
  }

  /** Starts a run if none is running. */
  start(second: number): void {
    this.#run ??= { startedAt: second, activated: 0, rounds: 0 };
  }

  /**
   * Simulates one second. `room`: the mapping calls that TOME allows in addition to the live calls.
   * More calls mean 429 and half the rate.
   */
  step(second: number, level: { readonly available: number; readonly used: number }, room: number): RefillStep {
    const run = this.#run;
    if (run === null) return IDLE;
    if (second - run.startedAt >= this.#settings.timeLimitSeconds) return this.#end(run, second);
    if (this.#staged > 0) return this.#map(run, room);
    const rates = this.#history.rates(second, level.used);
    const plan = planRefill({ available: level.available, staged: this.staged, ...rates }, this.#settings);
    if (plan.deficit === 0 || (run.rounds > 0 && !isWorthAnotherRound(plan))) return this.#end(run, second);
    run.rounds += 1;
    this.#staged = Math.min(plan.deficit, this.#settings.batchSize);
    return { ...IDLE, prefetchCalls: 2 };
  }

  #map(run: Run, room: number): RefillStep {
    const { batchPerSecond, activationChunk } = this.#settings;
    const wanted = Math.min(this.#rate, this.#staged);
    const mapped = Math.min(wanted, Math.max(0, room));
    this.#rate =
      wanted > room
        ? Math.max(batchPerSecond * FLOOR, this.#rate / 2)
        : Math.min(batchPerSecond, this.#rate + batchPerSecond * INCREASE_PER_SECOND);
    this.#staged -= mapped;
    this.#mapped += mapped;
    const activated = this.#staged === 0 ? this.#mapped : Math.floor(this.#mapped / activationChunk) * activationChunk;
    this.#mapped -= activated;
    run.activated += activated;
    return { activated, mappingCalls: mapped, prefetchCalls: 0 };
  }

  #end(run: Run, second: number): RefillStep {
    this.#history.recordRefill(run.startedAt, second - run.startedAt, run.activated);
    this.#run = null;
    return IDLE;
  }
}
