import type { Clock } from '../../tokenization/ports/clock.ts';
import { TomeBudgetSpent } from '../../tokenization/tome-errors.ts';

/**
 * How far the rate falls on a 429, how fast it comes back, and how far it can fall: shares of the
 * configured rate.
 */
const DECREASE = 0.5;
const INCREASE_PER_SECOND = 0.05;
const FLOOR = 0.05;
/**
 * One 429 speaks for all that were under way with it: further ones within this time change nothing.
 * In milliseconds.
 */
const QUIET_AFTER_DECREASE_MS = 500;
/**
 * What may be sent at once after a pause, in seconds of the rate. Small, so that batch work never
 * comes in bursts.
 */
const BURST_SECONDS = 0.05;

/**
 * A share of TOME's rate for one operation (P3). Callers wait their turn; turns are handed out
 * ahead of time on one line, so that a late timer costs nothing and the rate is kept whatever the
 * number of callers. A 429 halves the rate at once and it grows back slowly (additive increase,
 * multiplicative decrease), because the limit is shared with others that this process cannot see.
 */
export class RateBudget {
  readonly #configuredPerSecond: number;
  readonly #clock: Clock;
  #perSecond: number;
  #nextTurnMs = Number.NEGATIVE_INFINITY;
  #decreasedAtMs = Number.NEGATIVE_INFINITY;
  #increasedAtMs: number;

  constructor(callsPerSecond: number, clock: Clock) {
    this.#configuredPerSecond = callsPerSecond;
    this.#perSecond = callsPerSecond;
    this.#clock = clock;
    this.#increasedAtMs = clock.monotonicMs();
  }

  /** Calls a second that are let through now. */
  get perSecond(): number {
    return this.#perSecond;
  }

  /** Throws TomeBudgetSpent when no turn is left before the deadline. Takes none. */
  assertTurn(deadlineMs: number): void {
    this.#turnMs(this.#clock.monotonicMs(), deadlineMs);
  }

  /**
   * Resolves when the caller may send. Rejects with TomeBudgetSpent at once when that would be
   * after the deadline.
   */
  async turn(deadlineMs: number): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    this.#increase(nowMs);
    const turnMs = this.#turnMs(nowMs, deadlineMs);
    this.#nextTurnMs = turnMs + 1_000 / this.#perSecond;
    if (turnMs > nowMs) await this.#clock.sleep(turnMs - nowMs);
  }

  /**
   * TOME said 429. No further turn is handed out for `pauseMs`; those that were keep theirs, and
   * the retries make up for them.
   */
  slowDown(pauseMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#decreasedAtMs < QUIET_AFTER_DECREASE_MS) return;
    this.#decreasedAtMs = nowMs;
    this.#increasedAtMs = nowMs;
    this.#perSecond = Math.max(this.#configuredPerSecond * FLOOR, this.#perSecond * DECREASE);
    this.#nextTurnMs = Math.max(this.#nextTurnMs, nowMs + pauseMs);
  }

  #turnMs(nowMs: number, deadlineMs: number): number {
    const turnMs = Math.max(this.#nextTurnMs, nowMs - BURST_SECONDS * 1_000);
    if (turnMs < deadlineMs) return turnMs;
    throw new TomeBudgetSpent("This lane's share of TOME's rate is used up until the deadline.", { attempts: 0 });
  }

  #increase(nowMs: number): void {
    const seconds = (nowMs - this.#increasedAtMs) / 1_000;
    this.#increasedAtMs = nowMs;
    const grown = this.#perSecond + seconds * INCREASE_PER_SECOND * this.#configuredPerSecond;
    this.#perSecond = Math.min(this.#configuredPerSecond, grown);
  }
}
