import { TokenizationError } from './tokenization-error.ts';

/** NS2 gave a reference that could be taken for a card number. It is never given out (brief 3, "The reference's format"). */
export class ReferenceUnacceptable extends TokenizationError {
  override readonly name = 'ReferenceUnacceptable';
  readonly code = 'reference-unacceptable';
  readonly retryable = false;

  constructor() {
    super('TOME gave a reference outside the agreed format.');
  }
}
