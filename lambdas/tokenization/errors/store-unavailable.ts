import { TokenizationError } from './tokenization-error.ts';

/** The database did not answer in time or at all. */
export class StoreUnavailable extends TokenizationError {
  override readonly name = 'StoreUnavailable';
  readonly code = 'store-unavailable';
  readonly retryable = true;
  override readonly retryAfterSeconds = 2;

  constructor(cause: unknown) {
    super('The database is not available.', { cause });
  }
}
