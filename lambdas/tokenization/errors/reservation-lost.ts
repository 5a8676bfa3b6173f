import { TokenizationError } from './tokenization-error.ts';

/** The pair is no longer this reservation's: it was finished or given up by somebody who held the same reservation. */
export class ReservationLost extends TokenizationError {
  override readonly name = 'ReservationLost';
  readonly code = 'reservation-lost';
  readonly retryable = true;
  override readonly retryAfterSeconds = 1;

  constructor() {
    super('The reservation is no longer held.');
  }
}
