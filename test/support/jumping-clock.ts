import type { Clock } from '../../lambdas/tokenization/ports/clock.ts';

/**
 * Time that only passes while somebody sleeps, and then at once. What takes a minute by the product's own pauses takes no time in a test, and
 * a slow machine adds nothing to it: elapsed time is the sum of the pauses that were asked for.
 */
export class JumpingClock implements Clock {
  #nowMs = 1_000;

  monotonicMs(): number {
    return this.#nowMs;
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const wakesAtMs = this.#nowMs + durationMs;
    // Others who start to sleep in the same turn of the loop sleep side by side, not one after the other.
    await new Promise((resolve) => setImmediate(resolve));
    this.#nowMs = Math.max(this.#nowMs, wakesAtMs);
  }
}
