import { TokenizationError } from './tokenization-error.ts';

/** The request names no caller. Without one there is no audit record, no budget and no owner of an Idempotency-Key. */
export class CallerUnknown extends TokenizationError {
  override readonly name = 'CallerUnknown';
  readonly code = 'caller-unknown';
  readonly retryable = false;

  constructor() {
    super('The request names no caller. Sign it, and send it through the API.');
  }
}
