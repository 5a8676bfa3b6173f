import { TokenizationError } from './tokenization-error.ts';

/** This Idempotency-Key was used with another body (brief 2, rule 6). */
export class IdempotencyConflict extends TokenizationError {
  override readonly name = 'IdempotencyConflict';
  readonly code = 'idempotency-conflict';
  readonly retryable = false;

  constructor() {
    super('This Idempotency-Key was used with another body.');
  }
}
