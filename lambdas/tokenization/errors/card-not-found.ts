import { TokenizationError } from './tokenization-error.ts';

/** This card number has no reference yet. */
export class CardNotFound extends TokenizationError {
  override readonly name = 'CardNotFound';
  readonly code = 'card-not-found';
  readonly retryable = false;

  constructor() {
    super('This card number has no reference.');
  }
}
