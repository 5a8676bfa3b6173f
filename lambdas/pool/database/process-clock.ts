/**
 * Both clocks of a process. While a function is frozen, the monotonic one can stop. The wall clock
 * can be set.
 */
export interface ProcessClock {
  monotonicMs(): number;
  wallMs(): number;
}

/** A time by both clocks. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export const momentOf = (clock: ProcessClock): Moment => ({ monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() });

/**
 * Milliseconds since `then`, by the clock that shows more: either may have stopped or been set
 * back.
 */
export function elapsedMs(clock: ProcessClock, then: Moment): number {
  const now = momentOf(clock);
  return Math.max(now.monotonicMs - then.monotonicMs, now.wallMs - then.wallMs);
}
