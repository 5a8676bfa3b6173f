import { TokenizationError } from './tokenization-error.ts';

/** The function had no time left for the request when it began. Nothing was done. */
export class OutOfTime extends TokenizationError {
  override readonly name = 'OutOfTime';
  readonly code = 'out-of-time';
  readonly retryable = true;
  override readonly retryAfterSeconds = 1;

  constructor() {
    super('No time was left to begin this request.');
  }
}
