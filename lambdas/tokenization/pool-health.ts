import { planRefill, type RefillSettings } from './refill/refill-plan.ts';

/** The pool's state. Counts of pairs, unless the name says seconds or minutes. */
export interface PoolHealth {
  readonly staged: number;
  readonly available: number;
  readonly reserved: number;
  readonly used: number;
  readonly quarantined: number;
  readonly oldestReservedSeconds: number;
  readonly oldestEventSeconds: number;
  /** A creation found the pool empty, and no prefetch has started since. */
  readonly refillRequested: boolean;
  readonly consumedPerMinute: number;
  /** The highest rate of the last hour, and at least the present rate. */
  readonly peakConsumedPerMinute: number;
  /** Pairs a minute that refills of the last day made available; `null` without a refill. */
  readonly refilledPerMinute: number | null;
  /** `null` while nothing is consumed. */
  readonly minutesToEmpty: number | null;
}

/** Counts that grow only when something is wrong. Alarms watch them (docs/capacity.md). */
export interface PoolGrowth {
  /** Pairs that were quarantined in the last hour. */
  readonly quarantinedLastHour: number;
  /** Tokens of prefetch calls of the last day whose answer was lost. */
  readonly tokensLeakedLastDay: number;
  /** Tokens without a partner; at most 5,000 are counted in each namespace. */
  readonly spareTokens: number;
  /** For how long the oldest expired idempotency key has been due for deletion. */
  readonly purgeLagSeconds: number;
}

export interface HealthReport extends PoolHealth, PoolGrowth {
  readonly target: number;
  readonly recommended: number;
  readonly lowWater: number;
  /** Whether the pool is below its low-water mark, or a creation found it empty. */
  readonly refillWanted: boolean;
}

export interface PoolHealthStore {
  readHealth(): Promise<PoolHealth>;
  readGrowth(): Promise<PoolGrowth>;
  /** Stores one sample of the levels. Rates are computed from the samples. */
  sampleLevels(health: PoolHealth): Promise<void>;
}

/** Measures the pool, stores a sample, and decides whether a refill is wanted. */
export async function reportPoolHealth(store: PoolHealthStore, settings: RefillSettings): Promise<HealthReport> {
  const health = await store.readHealth();
  const growth = await store.readGrowth();
  await store.sampleLevels(health);
  const { target, recommended, lowWater } = planRefill(health, settings);
  const refillWanted = health.refillRequested || health.available < lowWater;
  return { ...health, ...growth, target, recommended, lowWater, refillWanted };
}
