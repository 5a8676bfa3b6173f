import {
  isWorthAnotherRound,
  planRefill,
  type RefillSettings,
} from '../../../../lambdas/tokenization/refill/refill-plan.ts';
import type { ConsumptionMemory } from './consumption-memory.ts';

export interface RefillModelSettings extends RefillSettings {
  readonly batchSize: number;
  readonly activationChunk: number;
  /** Mapping calls a second that a run may make. */
  readonly batchPerSecond: number;
  readonly timeLimitSeconds: number;
}

export interface RefillStep {
  /** Pairs that came on offer in this second. */
  readonly activated: number;
  readonly mappingCalls: number;
  readonly prefetchCalls: number;
}

interface Run {
  readonly startedAt: number;
  activated: number;
  rounds: number;
}

/** How fast a run comes back after a 429, and how far it falls: as TOME's client does it. */
const INCREASE_PER_SECOND = 0.05;
const FLOOR = 0.05;

const IDLE: RefillStep = { activated: 0, mappingCalls: 0, prefetchCalls: 0 };

/** The prefetch job, second by second: plan, fetch for a second, map at the budget, put on offer in chunks, until the pool is full. */
export class RefillModel {
  readonly #settings: RefillModelSettings;
  readonly #memory: ConsumptionMemory;
  #run: Run | null = null;
  #rate: number;
  #staged = 0;
  /** Mapped, and not on offer before the chunk is whole. */
  #mapped = 0;

  constructor(settings: RefillModelSettings, memory: ConsumptionMemory) {
    this.#settings = settings;
    this.#memory = memory;
    this.#rate = settings.batchPerSecond;
  }

  /** Staged pairs, as the database counts them: those that are mapped and not yet on offer are among them. */
  get staged(): number {
    return this.#staged + this.#mapped;
  }

  /** Starts a run, unless one is under way. */
  start(second: number): void {
    this.#run ??= { startedAt: second, activated: 0, rounds: 0 };
  }

  /** One second. `room`: mapping calls that TOME has left beside the live ones; asking for more means 429 and half the rate. */
  step(second: number, level: { readonly available: number; readonly used: number }, room: number): RefillStep {
    const run = this.#run;
    if (run === null) return IDLE;
    if (second - run.startedAt >= this.#settings.timeLimitSeconds) return this.#end(run, second);
    if (this.#staged > 0) return this.#map(run, room);
    const rates = this.#memory.rates(second, level.used);
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
    this.#memory.noteRefill(run.startedAt, second - run.startedAt, run.activated);
    this.#run = null;
    return IDLE;
  }
}
