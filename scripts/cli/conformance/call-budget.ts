import type { Clock } from '../../../lambdas/tokenization/ports/clock.ts';
import { CannotTry } from './cannot-try.ts';

/** No more calls are allowed, so the remaining checks are not complete. */
export class CallsSpent extends CannotTry {
  override readonly name = 'CallsSpent';

  constructor(most: number) {
    super(`all ${most} calls are spent: allow more with --most-calls`);
  }
}

export interface CallBudgetOptions {
  readonly mostCalls: number;
  /** Milliseconds between two calls, so that the suite never meets the rate limit by accident. */
  readonly pauseMs: number;
  readonly clock: Clock;
}

/** Counts the calls to TOME and keeps them apart in time. */
export class CallBudget {
  readonly #options: CallBudgetOptions;
  #spent = 0;
  #nextAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: CallBudgetOptions) {
    this.#options = options;
  }

  get spent(): number {
    return this.#spent;
  }

  /** Resolves when one call may be sent. Rejects with CallsSpent. */
  async spend(): Promise<void> {
    const { clock, pauseMs } = this.#options;
    this.reserve(1);
    const nowMs = clock.monotonicMs();
    const waitMs = Math.max(0, this.#nextAtMs - nowMs);
    this.#nextAtMs = nowMs + waitMs + pauseMs;
    if (waitMs > 0) await clock.sleep(waitMs);
  }

  /** Takes calls that are sent at once. Throws CallsSpent, and then takes none. */
  reserve(calls: number): void {
    const { mostCalls } = this.#options;
    if (this.#spent + calls > mostCalls) throw new CallsSpent(mostCalls);
    this.#spent += calls;
  }
}
