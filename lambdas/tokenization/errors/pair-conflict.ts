import { TokenizationError } from './tokenization-error.ts';

/** TOME names a pair of which one half is already stored beside another half. Nobody may be answered from either. */
export class PairConflict extends TokenizationError {
  override readonly name = 'PairConflict';
  readonly code = 'pair-conflict';
  readonly retryable = false;

  constructor() {
    super('TOME and the database disagree about a pair.');
  }
}
