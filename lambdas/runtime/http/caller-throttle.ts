import { type Caller, callerName } from '../../tokenization/callers/caller.ts';
import { CallerThrottled } from '../../tokenization/errors.ts';
import type { Clock } from '../../tokenization/ports/clock.ts';

/** Seconds of its rate that a caller may use at once. */
const BURST_SECONDS = 2;

/** Callers that are remembered; beyond it those whose bucket is full are forgotten. */
const REMEMBERED = 1_000;

/**
 * A token bucket for each caller, in one process. API Gateway's throttles are shared by all callers, and its limits for one caller need API
 * keys. On Lambda a process serves one request at a time, so there this only stops a caller that comes past the gateway; a
 * process that serves many requests at once keeps one caller from taking all of it.
 */
export class CallerThrottle {
  readonly #perSecond: number;
  readonly #clock: Clock;
  /** When each caller's bucket is full again, in monotonic milliseconds. */
  readonly #fullAtMs = new Map<string, number>();

  /** `perSecond`: requests of one caller; 0 is no limit. */
  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
  }

  /** Throws CallerThrottled when the caller has used its share. */
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
