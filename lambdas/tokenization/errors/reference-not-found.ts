import { TokenizationError } from './tokenization-error.ts';

/** No card stands behind this reference. */
export class ReferenceNotFound extends TokenizationError {
  override readonly name = 'ReferenceNotFound';
  readonly code = 'reference-not-found';
  readonly retryable = false;

  constructor() {
    super('No card has this reference.');
  }
}
