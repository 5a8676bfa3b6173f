import type { Clock } from '../../lambdas/tokenization/ports/clock.ts';

interface Sleeper {
  readonly wakesAtMs: number;
  readonly wake: () => void;
}

/** Time that stands still until a test moves it. */
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

  /** Moves time on, waking sleepers in their order and letting each do its next step. */
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

/** Lets everything that is ready to go on do so. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
