import type { Clock } from '../../../tokenization/ports/clock.ts';

/** The clock, and the date in milliseconds. Both are injected. */
export interface Time extends Clock {
  dateMs(): number;
}

/** A moment on both clocks of the process, in milliseconds. */
export interface Moment {
  readonly monotonicMs: number;
  readonly dateMs: number;
}

export const momentOf = (time: Time): Moment => ({ monotonicMs: time.monotonicMs(), dateMs: time.dateMs() });

/**
 * Milliseconds since a moment: the longer time of the two clocks. While a Lambda function is
 * frozen, its monotonic clock can stand still and no timer runs; the date can be set back.
 */
export const elapsedMs = (since: Moment, time: Time): number =>
  Math.max(time.monotonicMs() - since.monotonicMs, time.dateMs() - since.dateMs);
