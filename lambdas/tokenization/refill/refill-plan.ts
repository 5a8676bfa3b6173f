/** What the refill knows when it plans. Counts of pairs; consumption in pairs a minute. */
export interface PoolLevel {
  readonly staged: number;
  readonly available: number;
  readonly consumedPerMinute: number;
}

export interface RefillSettings {
  /** The pool is never planned smaller than this. */
  readonly targetMin: number;
  readonly targetMax: number;
  /** How many minutes of consumption the pool should hold. */
  readonly coverMinutes: number;
  /** Below this share of the target (0-1) a low pool is reported and refilled at once. */
  readonly lowWaterRatio: number;
}

export interface RefillPlan {
  readonly target: number;
  readonly lowWater: number;
  /** Pairs to fetch. STAGED ones count as there: they only need mapping (brief 2, rule 7). */
  readonly deficit: number;
}

/** Refill by deficit to a target that follows consumption (P2). */
export function planRefill(level: PoolLevel, settings: RefillSettings): RefillPlan {
  const wanted = Math.ceil(level.consumedPerMinute * settings.coverMinutes);
  const target = Math.min(settings.targetMax, Math.max(settings.targetMin, wanted));
  return {
    target,
    lowWater: Math.floor(target * settings.lowWaterRatio),
    deficit: Math.max(0, target - level.available - level.staged),
  };
}
