import type { Random } from '../../../tokenization/ports/clock.ts';
import { elapsedMs, type Moment, momentOf, type Time } from './moment.ts';

/** Milliseconds after the first failure; doubled with each further one. */
const SHORTEST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

/** So many failures in a row, and calls do not wait for the next token request any more. */
const DOWN_FAILURES = 3;

/** The pauses between token requests that failed. */
export class RefreshPauses {
  readonly #time: Time;
  readonly #random: Random;
  #failuresInARow = 0;
  #failedAt: Moment;
  #pauseMs = 0;

  constructor(time: Time, random: Random) {
    this.#time = time;
    this.#random = random;
    this.#failedAt = momentOf(time);
  }

  /** Whether the token endpoint failed several times in a row. */
  get isDown(): boolean {
    return this.#failuresInARow >= DOWN_FAILURES;
  }

  /** Milliseconds until the next token request may be sent; 0 when it may be sent now. */
  get waitMs(): number {
    return Math.max(0, this.#pauseMs - elapsedMs(this.#failedAt, this.#time));
  }

  succeed(): void {
    this.#failuresInARow = 0;
    this.#pauseMs = 0;
  }

  /** The pause is at least `retryAfterMs`. Half of the rest is random, to spread processes. */
  fail(retryAfterMs: number): void {
    const longestMs = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** this.#failuresInARow);
    this.#failuresInARow += 1;
    this.#failedAt = momentOf(this.#time);
    this.#pauseMs = Math.max(retryAfterMs, longestMs * (0.5 + this.#random() / 2));
  }
}
