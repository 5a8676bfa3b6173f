import type { Clock, Random } from '../../tokenization/ports/clock.ts';

export interface RetryTiming {
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
}

/**
 * Milliseconds before the retry that follows attempt number `attempt` (1, 2, ...). Exponential with
 * full jitter, so that clients that failed together do not retry together. TOME's Retry-After is
 * added, so that no retry is earlier.
 */
export function retryDelayMs(
  attempt: number,
  { backoffBaseMs, backoffCapMs }: RetryTiming,
  random: Random,
  retryAfterMs = 0,
): number {
  const ceilingMs = Math.min(backoffCapMs, backoffBaseMs * 2 ** (attempt - 1));
  return retryAfterMs + random() * ceilingMs;
}

/** Retries of a new client before its first call. Time refills the budget up to here. */
const FLOOR = 3;
/** Time alone gives back one retry in this many milliseconds. */
const FLOOR_RETRY_MS = 30_000;
/** The most retries that calls without failures can save. */
const MOST_SAVED_RETRIES = 50;

/**
 * Limits retries to a share of calls, because a failing TOME would otherwise get twice the load.
 * Each call adds a fraction of a retry, each retry takes one. Time adds a few as well: with the
 * share alone a client of two calls an hour would have no retry after its first failures.
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #saved = FLOOR;
  #refilledAtMs: number;

  constructor(ratio: number, clock: Pick<Clock, 'monotonicMs'>) {
    this.#ratio = ratio;
    this.#clock = clock;
    this.#refilledAtMs = clock.monotonicMs();
  }

  earn(): void {
    this.#refill();
    this.#saved = Math.min(MOST_SAVED_RETRIES, this.#saved + this.#ratio);
  }

  /** Whether `spend` would succeed now. */
  hasRetry(): boolean {
    this.#refill();
    return this.#saved >= 1;
  }

  /** False when no retry is left. */
  spend(): boolean {
    this.#refill();
    if (this.#saved < 1) return false;
    this.#saved -= 1;
    return true;
  }

  #refill(): void {
    const nowMs = this.#clock.monotonicMs();
    const regained = (nowMs - this.#refilledAtMs) / FLOOR_RETRY_MS;
    this.#refilledAtMs = nowMs;
    if (this.#saved < FLOOR) this.#saved = Math.min(FLOOR, this.#saved + regained);
  }
}
