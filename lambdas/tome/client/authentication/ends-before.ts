import type { Clock } from '../../../tokenization/ports/clock.ts';

/**
 * Whether the work ends, with or without success, before the deadline (monotonic milliseconds). The
 * work goes on after the deadline.
 */
export async function endsBefore(work: Promise<unknown>, deadlineMs: number, clock: Clock): Promise<boolean> {
  const timeLeftMs = deadlineMs - clock.monotonicMs();
  if (timeLeftMs <= 0) return false;
  const timer = new AbortController();
  const isOver = () => true;
  try {
    return await Promise.race([work.then(isOver, isOver), clock.sleep(timeLeftMs, timer.signal).then(() => false)]);
  } finally {
    timer.abort();
  }
}
