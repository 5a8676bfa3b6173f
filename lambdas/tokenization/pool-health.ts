/** The pool's state as operators see it (M2). Counts of pairs; seconds and minutes where the name says so. */
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
  /** The highest of the last hour, and never below the present one. */
  readonly peakConsumedPerMinute: number;
  /** How fast refills of the last day brought pairs; `null` when there was none. */
  readonly refilledPerMinute: number | null;
  /** `null` while nothing is consumed. */
  readonly minutesToEmpty: number | null;
}

/** What grows only when something is wrong; operators are told (docs/capacity.md). */
export interface PoolGrowth {
  /** Pairs that went to quarantine in the last hour. */
  readonly quarantinedLastHour: number;
  /** Tokens of prefetch calls of the last day whose answer was lost. */
  readonly tokensLeakedLastDay: number;
  /** Tokens that wait for a partner, at most 5,000 counted in each namespace. */
  readonly spareTokens: number;
  /** For how long the oldest expired idempotency key has been due for deletion. */
  readonly purgeLagSeconds: number;
}
