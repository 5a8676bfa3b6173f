import type { Clock } from '../../tokenization/ports/clock.ts';

/**
 * Retries that a fresh client may make before it has made any calls, and that time alone brings
 * back: the floor.
 */
const FLOOR = 3;
/**
 * One retry of the floor comes back in this time, in milliseconds. Beside a busy client's calls it
 * adds nothing to speak of.
 */
const FLOOR_RETRY_MS = 30_000;
/** Most retries that quiet times can save up. */
const MOST_SAVED_RETRIES = 50;

/**
 * Keeps retries to a share of calls (brief 2, "retries at most 10% of calls"): every call earns a
 * fraction of a retry, every retry spends a whole one. When TOME is failing, retrying everything
 * would double its load just then. A share alone would leave a client of two calls an hour without
 * any retry after its first faults, so a few come back with time.
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

  /** False when the share is used up. */
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
