import type { Time } from '../../lambdas/tome/client/authentication/moment.ts';
import { FakeClock } from './fake-clock.ts';

/** A clock and a date that a test advances. */
export class FakeTime extends FakeClock implements Time {
  #dateAheadMs = 1_790_000_000_000;

  dateMs(): number {
    return this.monotonicMs() + this.#dateAheadMs;
  }

  /**
   * Changes the date only, as a freeze of the function does, or an operator who sets the clock.
   */
  shiftDate(ms: number): void {
    this.#dateAheadMs += ms;
  }
}
