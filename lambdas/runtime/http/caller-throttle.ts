import { type Caller, callerName } from '../../tokenization/callers/caller.ts';
import { CallerThrottled } from '../../tokenization/errors.ts';
import type { Clock } from '../../tokenization/ports/clock.ts';

/** Size of a bucket, in seconds of the rate. */
const BURST_SECONDS = 2;

/** Most callers in memory. Above it, callers with a full bucket are removed. */
const REMEMBERED = 1_000;

/**
 * A token bucket for each caller in one process. API Gateway throttles all callers together, and
 * its limits for a single caller need API keys. A Lambda process serves one request at a time, so
 * on Lambda this only limits a caller that bypasses the gateway. In a process with concurrent
 * requests it stops one caller from using all capacity.
 */
export class CallerThrottle {
  readonly #perSecond: number;
  readonly #clock: Clock;
  /** Monotonic time (ms) at which the bucket of each caller is full. */
  readonly #fullAtMs = new Map<string, number>();

  /** `perSecond`: requests of one caller; 0 means no limit. */
  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
  }

  /** Throws CallerThrottled when the bucket of the caller is empty. */
  admit(caller: Caller): void {
    if (this.#perSecond === 0) return;
    const name = callerName(caller);
    const nowMs = this.#clock.monotonicMs();
    const fullAtMs = Math.max(nowMs, this.#fullAtMs.get(name) ?? 0) + 1_000 / this.#perSecond;
    if (fullAtMs > nowMs + BURST_SECONDS * 1_000) throw new CallerThrottled();
    if (this.#fullAtMs.size >= REMEMBERED) this.#forgetFull(nowMs);
    this.#fullAtMs.set(name, fullAtMs);
  }

  #forgetFull(nowMs: number): void {
    for (const [name, fullAtMs] of this.#fullAtMs) if (fullAtMs <= nowMs) this.#fullAtMs.delete(name);
  }
}
