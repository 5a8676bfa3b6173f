import type { Clock } from '../../lambdas/tokenization/ports/clock.ts';

interface Sleeper {
  readonly wakesAtMs: number;
  readonly wake: () => void;
}

/** A clock that a test advances. */
export class FakeClock implements Clock {
  #nowMs = 1_000;
  #sleepers: Sleeper[] = [];

  monotonicMs(): number {
    return this.#nowMs;
  }

  sleep(durationMs: number): Promise<void> {
    return new Promise((wake) => {
      this.#sleepers.push({ wakesAtMs: this.#nowMs + durationMs, wake });
    });
  }

  /**
   * Advances the time, and wakes the sleepers in order. Each does its next step before the next
   * one.
   */
  async advance(durationMs: number): Promise<void> {
    await settle();
    const untilMs = this.#nowMs + durationMs;
    for (;;) {
      const [next] = this.#sleepers
        .filter(({ wakesAtMs }) => wakesAtMs <= untilMs)
        .sort((a, b) => a.wakesAtMs - b.wakesAtMs);
      if (next === undefined) break;
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      this.#nowMs = Math.max(this.#nowMs, next.wakesAtMs);
      next.wake();
      await settle();
    }
    this.#nowMs = untilMs;
    await settle();
  }
}

/** Lets all code that is ready do its next step. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
