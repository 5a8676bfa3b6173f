/** What the refill knows when it plans. Counts of pairs; rates in pairs a minute. */
export interface PoolLevel {
  readonly staged: number;
  readonly available: number;
  /** The highest consumption of the last hour: a target that follows it rises at once and falls late. */
  readonly peakConsumedPerMinute: number;
  /** What refills of the last day brought; `null` when there was none. */
  readonly refilledPerMinute: number | null;
}

export interface RefillSettings {
  /** The pool is never planned smaller than this. */
  readonly targetMin: number;
  readonly targetMax: number;
  /** How many minutes of consumption the pool should hold. */
  readonly coverMinutes: number;
  /** Below this share of the target (0-1) a low pool is reported and refilled at once. */
  readonly lowWaterRatio: number;
  /** Minutes from a low pool to the first pairs of its refill. */
  readonly leadMinutes: number;
}

export interface RefillPlan {
  readonly target: number;
  readonly lowWater: number;
  /** Pairs to fetch. STAGED ones count as there: they only need mapping (brief 2, rule 7). */
  readonly deficit: number;
}

/** The low-water mark is at most this share of the target, so that a refill always ends well above what started it (hysteresis). */
const MOST_LOW_WATER_RATIO = 0.8;

/**
 * Refill by deficit to a target that follows consumption (P2). The low-water mark covers what is consumed until a refill's first pairs come, and, where
 * cards are created faster than pairs can be mapped, what is lacking over the time that the pool should cover. The target is
 * raised where that mark needs it.
 */
export function planRefill(level: PoolLevel, settings: RefillSettings): RefillPlan {
  const consumed = level.peakConsumedPerMinute;
  const lacking = level.refilledPerMinute === null ? 0 : Math.max(0, consumed - level.refilledPerMinute);
  const needed = Math.ceil(consumed * settings.leadMinutes + lacking * settings.coverMinutes);
  const wanted = Math.max(Math.ceil(consumed * settings.coverMinutes), Math.ceil(needed / MOST_LOW_WATER_RATIO));
  const target = Math.min(settings.targetMax, Math.max(settings.targetMin, wanted));
  const lowWater = Math.max(Math.floor(target * settings.lowWaterRatio), needed);
  return {
    target,
    lowWater: Math.min(lowWater, Math.floor(target * MOST_LOW_WATER_RATIO)),
    deficit: Math.max(0, target - level.available - level.staged),
  };
}

/** What a pool may lack, as a share of its target, and still count as full to a run that has filled it already. */
const NEARLY_FULL_RATIO = 0.02;

/**
 * Whether a run that has filled the pool goes another round. Not for the few pairs that are taken while it works: at a few creations a second it would
 * never end, and each of its tiny rounds is two more calls to TOME.
 */
export const isWorthAnotherRound = ({ target, deficit }: RefillPlan): boolean =>
  deficit > Math.floor(target * NEARLY_FULL_RATIO);
