/** Time is injected, so that a fault schedule can be replayed. */
export interface Clock {
  /**
   * Milliseconds that only grow. Not a date: deadlines must ignore a changed clock
   * (docs/design.md#i13).
   */
  monotonicMs(): number;
  /** Resolves after `durationMs`. Rejects with the signal's reason when it is aborted. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** Returns a number from 0 up to but not including 1. Injected for the same reason as the clock. */
export type Random = () => number;
