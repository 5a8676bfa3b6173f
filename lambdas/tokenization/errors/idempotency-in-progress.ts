import { TokenizationError } from './tokenization-error.ts';

/** Another request with this Idempotency-Key is still at work (brief 2, rule 6). */
export class IdempotencyInProgress extends TokenizationError {
  override readonly name = 'IdempotencyInProgress';
  readonly code = 'idempotency-in-progress';
  readonly retryable = true;
  override readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('A request with this Idempotency-Key is in progress.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
