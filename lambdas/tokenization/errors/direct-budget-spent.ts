import { TokenizationError } from './tokenization-error.ts';

/** The pool is empty and the direct path has had its share of TOME for this second (brief 2, "pool empty"). */
export class DirectBudgetSpent extends TokenizationError {
  override readonly name = 'DirectBudgetSpent';
  readonly code = 'pool-empty';
  readonly retryable = true;
  override readonly retryAfterSeconds = 1;

  constructor() {
    super('The pool is empty and the direct path is at its limit.');
  }
}
