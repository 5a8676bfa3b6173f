/** The state of the pool for a plan. Counts of pairs; rates in pairs a minute. */
export interface PoolLevel {
  readonly staged: number;
  readonly available: number;
  /** The highest consumption of the last hour, so that the target rises at once and falls late. */
  readonly peakConsumedPerMinute: number;
  /** Pairs a minute that refills of the last day made available; `null` without a refill. */
  readonly refilledPerMinute: number | null;
}

export interface RefillSettings {
  readonly targetMin: number;
  readonly targetMax: number;
  /** Minutes of consumption that the pool should contain. */
  readonly coverMinutes: number;
  /** Below this share of the target (0 to 1) the pool is low and is refilled at once. */
  readonly lowWaterRatio: number;
  /** Minutes from a low pool to the first pairs of its refill. */
  readonly leadMinutes: number;
}

export interface RefillPlan {
  readonly target: number;
  /** What the consumption asks for: the target without `targetMin` and `targetMax`. */
  readonly recommended: number;
  readonly lowWater: number;
  /** Pairs to request. STAGED pairs count as present: they must only be bound. */
  readonly deficit: number;
}

/**
 * The highest low-water mark as a share of the target, so that a refill ends well above its start.
 */
const MOST_LOW_WATER_RATIO = 0.8;

/**
 * Plans a refill by deficit to a target that follows consumption. The low-water mark covers the
 * consumption until the first pairs of a refill arrive. When cards are created faster than pairs
 * can be bound, it also covers the difference over the cover time. The target is raised when the
 * mark needs it.
 */
export function planRefill(level: PoolLevel, settings: RefillSettings): RefillPlan {
  const consumed = level.peakConsumedPerMinute;
  const lacking = level.refilledPerMinute === null ? 0 : Math.max(0, consumed - level.refilledPerMinute);
  const needed = Math.ceil(consumed * settings.leadMinutes + lacking * settings.coverMinutes);
  const recommended = Math.max(Math.ceil(consumed * settings.coverMinutes), Math.ceil(needed / MOST_LOW_WATER_RATIO));
  const target = Math.min(settings.targetMax, Math.max(settings.targetMin, recommended));
  const lowWater = Math.max(Math.floor(target * settings.lowWaterRatio), needed);
  return {
    target,
    recommended,
    lowWater: Math.min(lowWater, Math.floor(target * MOST_LOW_WATER_RATIO)),
    deficit: Math.max(0, target - level.available - level.staged),
  };
}

/** The deficit, as a share of the target, with which the pool is full enough to end a run. */
const NEARLY_FULL_RATIO = 0.02;

/**
 * Whether a run that has filled the pool should do one more round. Not for the few pairs that were
 * taken meanwhile: with a few creations a second the run would never end, and each small round
 * costs two calls to TOME.
 */
export const isWorthAnotherRound = ({ target, deficit }: Pick<RefillPlan, 'target' | 'deficit'>): boolean =>
  deficit > Math.floor(target * NEARLY_FULL_RATIO);
