import type { Clock } from '../../tokenization/ports/clock.ts';
import { TomeUnavailable } from '../../tokenization/tome-errors.ts';

/** Calls under way at most while nothing is known of TOME; each answer doubles it. */
const FIRST_CALLS = 4;
const MOST_CALLS = 4_096;
/** After so long without an answer nothing is known any more, in milliseconds. */
const FORGOTTEN_AFTER_MS = 1_000;
/** The longest that a timer can wait, in milliseconds. */
const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * Lets a burst of calls begin with a few and grow with their answers, as TCP does. A thousand creations at once wait for two round
 * trips longer; but where TOME refuses everything the first few find it out, and the others have sent nothing.
 */
export class SlowStart {
  readonly #clock: Clock;
  #most = FIRST_CALLS;
  #underWay = 0;
  #answeredAtMs = Number.NEGATIVE_INFINITY;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when the call may begin; `leave` has to follow. Rejects with TomeUnavailable at the deadline. */
  async enter(deadlineMs: number): Promise<void> {
    if (this.#clock.monotonicMs() - this.#answeredAtMs > FORGOTTEN_AFTER_MS) this.#most = FIRST_CALLS;
    if (this.#underWay < this.#most) {
      this.#underWay += 1;
      return;
    }
    const place = Promise.withResolvers<void>();
    this.#waiting.push(place.resolve);
    const alarm = new AbortController();
    const waitMs = Math.min(LONGEST_TIMER_MS, Math.max(0, deadlineMs - this.#clock.monotonicMs()));
    const isOver = this.#clock.sleep(waitMs, alarm.signal).then(
      () => true,
      () => false,
    );
    const isLate = await Promise.race([place.promise.then(() => false), isOver]);
    alarm.abort();
    if (!isLate) return;
    const isStillWaiting = this.#waiting.includes(place.resolve);
    this.#waiting = this.#waiting.filter((waiting) => waiting !== place.resolve);
    // The place came in the same moment as the deadline.
    if (!isStillWaiting) this.leave(false);
    throw new TomeUnavailable('No time was left to ask TOME.', { attempts: 0 });
  }

  /** The call is over. */
  leave(isAnswered: boolean): void {
    this.#underWay -= 1;
    if (isAnswered) {
      this.#answeredAtMs = this.#clock.monotonicMs();
      this.#most = Math.min(MOST_CALLS, this.#most * 2);
    }
    while (this.#underWay < this.#most) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#underWay += 1;
      next();
    }
  }

  /** Nothing is known of TOME any more. */
  restart(): void {
    this.#most = FIRST_CALLS;
  }
}
