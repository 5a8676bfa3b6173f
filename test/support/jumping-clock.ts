import type { Clock } from '../../lambdas/tokenization/ports/clock.ts';

/**
 * A clock that jumps forward when code sleeps. Elapsed time is the sum of the requested pauses, so
 * a test of long pauses takes no time, and a slow machine does not change its result.
 */
export class JumpingClock implements Clock {
  #nowMs = 1_000;

  monotonicMs(): number {
    return this.#nowMs;
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const wakesAtMs = this.#nowMs + durationMs;
    // Sleeps that start in the same turn of the event loop pass at the same time, and are not
    // added.
    await new Promise((resolve) => setImmediate(resolve));
    this.#nowMs = Math.max(this.#nowMs, wakesAtMs);
  }
}
