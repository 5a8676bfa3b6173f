import type { Clock } from '../../tokenization/ports/clock.ts';
import { TomeRateLimited } from '../../tokenization/tome-errors.ts';
import { SlowStart } from './slow-start.ts';

/**
 * So many 429 in a row stop creations. A single 429 among successes means only that the limit is
 * reached, and a retry helps.
 */
const CLOSING_REFUSALS = 3;
/**
 * Milliseconds between two calls that test whether TOME accepts calls again. Doubled with each test
 * that is refused, because each test costs a pair in every process. Retry-After can make it longer.
 */
const SHORTEST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5_000;

/** One admitted call. Only the first of `refused`, `answered` and `unanswered` has an effect. */
export interface ThrottledCall {
  /** Throws TomeRateLimited with no attempts when the call would be refused now. */
  assertAdmits(): void;
  /** The request is sent now and ends after `timeoutMs` at the latest. */
  begin(timeoutMs: number): void;
  /** The answer was 429. */
  refused(retryAfterMs: number): void;
  /** The answer was another one. */
  answered(): void;
  /** There was no answer, or nothing was sent. */
  unanswered(): void;
}

/**
 * Stops creations while TOME answers all of them with 429. Each one would cost a reserved pair,
 * because a pair whose token was sent is never offered again. It sends nothing until Retry-After
 * has passed. Then one call at a time is sent, until one gets another answer than 429. It is asked
 * before a pair is reserved, and again before the request is sent.
 */
export class Throttle {
  readonly #clock: Clock;
  readonly #onThrottled: () => void;
  readonly #slowStart: SlowStart;
  #refusalsInARow = 0;
  #untilMs = Number.NEGATIVE_INFINITY;
  /** While one call tests whether TOME accepts calls again. */
  #probeUntilMs = Number.NEGATIVE_INFINITY;
  #probesRefused = 0;

  constructor(clock: Clock, onThrottled: () => void) {
    this.#clock = clock;
    this.#onThrottled = onThrottled;
    this.#slowStart = new SlowStart(clock);
  }

  /** Throws TomeRateLimited with no attempts when a call would be refused now. */
  assertAdmits(): void {
    if (this.#refusalsInARow < CLOSING_REFUSALS) return;
    const waitMs = Math.max(this.#untilMs, this.#probeUntilMs) - this.#clock.monotonicMs();
    if (waitMs <= 0) return;
    this.#onThrottled();
    throw new TomeRateLimited('TOME answers every call with 429. Try again after Retry-After.', {
      attempts: 0,
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
    });
  }

  /** Resolves when a call may start. Rejects with a TomeError with no attempts. */
  async enter(deadlineMs: number): Promise<ThrottledCall> {
    await this.#slowStart.enter(deadlineMs);
    let isOver = false;
    const end = (isAnswered: boolean, record: () => void) => {
      if (isOver) return;
      isOver = true;
      record();
      this.#slowStart.leave(isAnswered);
    };
    let isSent = false;
    return {
      assertAdmits: () => this.assertAdmits(),
      begin: (timeoutMs) => {
        isSent = true;
        if (this.#refusalsInARow >= CLOSING_REFUSALS) this.#probeUntilMs = this.#clock.monotonicMs() + timeoutMs;
      },
      refused: (retryAfterMs) => end(false, () => this.#recordRefusal(retryAfterMs)),
      answered: () => end(true, () => this.#open()),
      unanswered: () =>
        end(false, () => {
          if (isSent) this.#probeUntilMs = Number.NEGATIVE_INFINITY;
        }),
    };
  }

  #recordRefusal(retryAfterMs: number): void {
    this.#refusalsInARow += 1;
    if (this.#probeUntilMs !== Number.NEGATIVE_INFINITY) this.#probesRefused += 1;
    const waitMs = Math.max(retryAfterMs, Math.min(LONGEST_WAIT_MS, SHORTEST_WAIT_MS * 2 ** this.#probesRefused));
    this.#untilMs = Math.max(this.#untilMs, this.#clock.monotonicMs() + waitMs);
    this.#probeUntilMs = Number.NEGATIVE_INFINITY;
    this.#slowStart.restart();
  }

  #open(): void {
    this.#refusalsInARow = 0;
    this.#probesRefused = 0;
    this.#untilMs = Number.NEGATIVE_INFINITY;
    this.#probeUntilMs = Number.NEGATIVE_INFINITY;
  }
}
