import type { Clock } from '../../tokenization/ports/clock.ts';
import { TomeRateLimited } from '../../tokenization/tome-errors.ts';
import { SlowStart } from './slow-start.ts';

/**
 * One 429 among successes is the limit's edge, where a retry helps. So many in a row are a storm.
 */
const REFUSALS_OF_A_STORM = 3;
/**
 * Between two calls that ask whether the storm is over: doubled from the first to the last of these
 * with each that is refused, because each costs a pair, in every process. TOME's own Retry-After is
 * never undercut.
 */
const LEAST_HOLD_MS = 1_000;
const MOST_HOLD_MS = 5_000;

/** One call that was let in; exactly one of its ends counts. */
export interface ThrottledCall {
  /** Throws TomeRateLimited of no attempts when it would be refused now. */
  assertAdmits(): void;
  /** It is sent now, and over after `timeoutMs`. */
  begin(timeoutMs: number): void;
  /** It was answered with 429. */
  refused(retryAfterMs: number): void;
  /** It was answered by something else. */
  answered(): void;
  /** It ended without an answer, or was not sent. */
  unanswered(): void;
}

/**
 * Keeps creations away from a TOME that answers 429 to everything. Each of them would cost a
 * reserved pair for nothing: a pair that was sent is never offered again. While TOME's Retry-After
 * runs nothing is sent; then one call at a time goes through, until one of them is answered by
 * something else than 429. Asked before a pair is reserved, and once more before it is sent.
 */
export class Throttle {
  readonly #clock: Clock;
  readonly #slowStart: SlowStart;
  #refusalsInARow = 0;
  #untilMs = Number.NEGATIVE_INFINITY;
  /** While one call finds out whether TOME takes calls again. */
  #probeUntilMs = Number.NEGATIVE_INFINITY;
  #probesRefused = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#slowStart = new SlowStart(clock);
  }

  /** Throws TomeRateLimited of no attempts when a call would be refused now. Changes nothing. */
  assertAdmits(): void {
    if (this.#refusalsInARow < REFUSALS_OF_A_STORM) return;
    const waitMs = Math.max(this.#untilMs, this.#probeUntilMs) - this.#clock.monotonicMs();
    if (waitMs <= 0) return;
    throw new TomeRateLimited('TOME said 429 and when to come back.', {
      attempts: 0,
      retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
    });
  }

  /** Resolves when a call may begin. Rejects with a TomeError of no attempts. */
  async enter(deadlineMs: number): Promise<ThrottledCall> {
    await this.#slowStart.enter(deadlineMs);
    let isOver = false;
    const end = (isAnswered: boolean, note: () => void) => {
      if (isOver) return;
      isOver = true;
      note();
      this.#slowStart.leave(isAnswered);
    };
    let isSent = false;
    return {
      assertAdmits: () => this.assertAdmits(),
      begin: (timeoutMs) => {
        isSent = true;
        if (this.#refusalsInARow >= REFUSALS_OF_A_STORM) this.#probeUntilMs = this.#clock.monotonicMs() + timeoutMs;
      },
      refused: (retryAfterMs) => end(false, () => this.#noteRefusal(retryAfterMs)),
      answered: () => end(true, () => this.#noteAnswer()),
      unanswered: () =>
        end(false, () => {
          if (isSent) this.#probeUntilMs = Number.NEGATIVE_INFINITY;
        }),
    };
  }

  #noteRefusal(retryAfterMs: number): void {
    this.#refusalsInARow += 1;
    if (this.#probeUntilMs !== Number.NEGATIVE_INFINITY) this.#probesRefused += 1;
    const holdMs = Math.max(retryAfterMs, Math.min(MOST_HOLD_MS, LEAST_HOLD_MS * 2 ** this.#probesRefused));
    this.#untilMs = Math.max(this.#untilMs, this.#clock.monotonicMs() + holdMs);
    this.#probeUntilMs = Number.NEGATIVE_INFINITY;
    this.#slowStart.restart();
  }

  #noteAnswer(): void {
    this.#refusalsInARow = 0;
    this.#probesRefused = 0;
    this.#untilMs = Number.NEGATIVE_INFINITY;
    this.#probeUntilMs = Number.NEGATIVE_INFINITY;
  }
}
