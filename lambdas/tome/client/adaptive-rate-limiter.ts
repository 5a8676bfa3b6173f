import type { Clock } from '../../tokenization/ports/clock.ts';
import { TomeBudgetSpent } from '../../tokenization/tome-errors.ts';

/**
 * Shares of the configured rate: the factor of a 429, the growth in a second, and the lowest rate.
 */
const DECREASE = 0.5;
const INCREASE_PER_SECOND = 0.05;
const FLOOR = 0.05;
/**
 * Several calls in flight can get a 429 for the same reason. Within this many milliseconds only the
 * first one lowers the rate.
 */
const QUIET_AFTER_DECREASE_MS = 500;
/** Calls that may be sent at once after a pause, in seconds of the rate. Small, to avoid bursts. */
const BURST_SECONDS = 0.05;

/**
 * Limits the rate of one operation. Each caller gets the next slot on one time line, so the rate
 * holds for any number of callers and for late timers. A 429 halves the rate, and it grows back
 * slowly (additive increase, multiplicative decrease), because this process shares TOME's limit
 * with others that it cannot see.
 */
export class AdaptiveRateLimiter {
  readonly #configuredPerSecond: number;
  readonly #clock: Clock;
  #perSecond: number;
  #nextSlotMs = Number.NEGATIVE_INFINITY;
  #decreasedAtMs = Number.NEGATIVE_INFINITY;
  #increasedAtMs: number;

  constructor(callsPerSecond: number, clock: Clock) {
    this.#configuredPerSecond = callsPerSecond;
    this.#perSecond = callsPerSecond;
    this.#clock = clock;
    this.#increasedAtMs = clock.monotonicMs();
  }

  /** The present rate in calls a second. */
  get perSecond(): number {
    return this.#perSecond;
  }

  /** Throws TomeBudgetSpent when no slot is free before the deadline. Takes none. */
  assertSlot(deadlineMs: number): void {
    this.#slotMs(this.#clock.monotonicMs(), deadlineMs);
  }

  /**
   * Waits for the caller's slot. Rejects with TomeBudgetSpent at once when it is after the
   * deadline.
   */
  async acquire(deadlineMs: number): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    this.#increase(nowMs);
    const slotMs = this.#slotMs(nowMs, deadlineMs);
    this.#nextSlotMs = slotMs + 1_000 / this.#perSecond;
    if (slotMs > nowMs) await this.#clock.sleep(slotMs - nowMs);
  }

  /** TOME answered 429. For `pauseMs` no further slot is given; callers that have one keep it. */
  slowDown(pauseMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#decreasedAtMs < QUIET_AFTER_DECREASE_MS) return;
    this.#decreasedAtMs = nowMs;
    this.#increasedAtMs = nowMs;
    this.#perSecond = Math.max(this.#configuredPerSecond * FLOOR, this.#perSecond * DECREASE);
    this.#nextSlotMs = Math.max(this.#nextSlotMs, nowMs + pauseMs);
  }

  #slotMs(nowMs: number, deadlineMs: number): number {
    const slotMs = Math.max(this.#nextSlotMs, nowMs - BURST_SECONDS * 1_000);
    if (slotMs < deadlineMs) return slotMs;
    throw new TomeBudgetSpent("This service's share of TOME's rate is used up until the deadline.", { attempts: 0 });
  }

  #increase(nowMs: number): void {
    const seconds = (nowMs - this.#increasedAtMs) / 1_000;
    this.#increasedAtMs = nowMs;
    const grown = this.#perSecond + seconds * INCREASE_PER_SECOND * this.#configuredPerSecond;
    this.#perSecond = Math.min(this.#configuredPerSecond, grown);
  }
}
