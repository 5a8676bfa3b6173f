import { TokenizationError } from './tokenization-error.ts';

/** A field that cannot be used. The message names the field and says what is wanted, never what was sent. */
export class InvalidInput extends TokenizationError {
  override readonly name = 'InvalidInput';
  readonly code = 'invalid-input';
  readonly retryable = false;
  readonly field: string;

  constructor(field: string, expectation: string) {
    super(`${field} ${expectation}`);
    this.field = field;
  }
}
