/** Time, given in from outside so that a fault schedule can be replayed. */
export interface Clock {
  /** Milliseconds that only ever grow. Not a date: deadlines must not notice a clock that is set (invariant I13). */
  monotonicMs(): number;
  /** Resolves after `durationMs`; rejects with the signal's reason as soon as it is aborted. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** Chance, given in from outside: a number from 0 up to but not including 1. */
export type Random = () => number;
