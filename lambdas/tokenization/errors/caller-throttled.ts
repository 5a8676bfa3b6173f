import { TokenizationError } from './tokenization-error.ts';

/** The caller sends more requests than one process serves it. Nothing was done. */
export class CallerThrottled extends TokenizationError {
  override readonly name = 'CallerThrottled';
  readonly code = 'caller-throttled';
  readonly retryable = true;
  override readonly retryAfterSeconds = 1;

  constructor() {
    super('This caller sends more requests than it may.');
  }
}
