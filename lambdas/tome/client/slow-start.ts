import type { Clock } from '../../tokenization/ports/clock.ts';
import { TomeUnavailable } from '../../tokenization/tome-errors.ts';

/** The most calls at once after a pause. Each answer doubles it. */
const FIRST_CALLS = 4;
const MOST_CALLS = 4_096;
/** After this many milliseconds without an answer the number of calls starts again. */
const RESTART_AFTER_MS = 1_000;
/** The longest delay of a Node.js timer, in milliseconds. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * Lets a burst of calls start with a few and grow with their answers, as TCP's slow start does. A
 * thousand creations at once take two round trips longer. But when TOME refuses everything, only
 * the first few learn it, and the others have sent nothing.
 */
export class SlowStart {
  readonly #clock: Clock;
  #most = FIRST_CALLS;
  #inFlight = 0;
  #answeredAtMs = Number.NEGATIVE_INFINITY;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Resolves when the call may start; `leave` must follow. Rejects with TomeUnavailable at the
   * deadline.
   */
  async enter(deadlineMs: number): Promise<void> {
    if (this.#clock.monotonicMs() - this.#answeredAtMs > RESTART_AFTER_MS) this.#most = FIRST_CALLS;
    if (this.#inFlight < this.#most) {
      this.#inFlight += 1;
      return;
    }
    const place = Promise.withResolvers<void>();
    this.#waiting.push(place.resolve);
    const timer = new AbortController();
    const waitMs = Math.min(LONGEST_TIMER_MS, Math.max(0, deadlineMs - this.#clock.monotonicMs()));
    const isOver = this.#clock.sleep(waitMs, timer.signal).then(
      () => true,
      () => false,
    );
    const isLate = await Promise.race([place.promise.then(() => false), isOver]);
    timer.abort();
    if (!isLate) return;
    const isStillWaiting = this.#waiting.includes(place.resolve);
    this.#waiting = this.#waiting.filter((waiting) => waiting !== place.resolve);
    // The place was given at the moment of the deadline: give it back.
    if (!isStillWaiting) this.leave(false);
    throw new TomeUnavailable('No time was left to ask TOME.', { attempts: 0 });
  }

  /** The call is over. */
  leave(isAnswered: boolean): void {
    this.#inFlight -= 1;
    if (isAnswered) {
      this.#answeredAtMs = this.#clock.monotonicMs();
      this.#most = Math.min(MOST_CALLS, this.#most * 2);
    }
    while (this.#inFlight < this.#most) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#inFlight += 1;
      next();
    }
  }

  restart(): void {
    this.#most = FIRST_CALLS;
  }
}
