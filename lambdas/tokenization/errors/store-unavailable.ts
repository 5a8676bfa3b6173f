import { TokenizationError } from './tokenization-error.ts';

/**
 * The database cannot serve just now: it does not answer, or it refuses connections or statements for a reason of its own
 * (docs/database-conditions.md).
 */
export class StoreUnavailable extends TokenizationError {
  override readonly name = 'StoreUnavailable';
  readonly code = 'store-unavailable';
  readonly retryable = true;
  override readonly retryAfterSeconds: number;

  constructor(cause: unknown, retryAfterSeconds = 2) {
    super('The database is not available.', { cause });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
