import { TokenizationError } from './tokenization-error.ts';

/** The caller has had as many answers that tell a guesser something as it may have for now. Says nothing about the card or the reference. */
export class CallerBudgetSpent extends TokenizationError {
  override readonly name = 'CallerBudgetSpent';
  readonly code = 'caller-budget-spent';
  readonly retryable = true;
  override readonly retryAfterSeconds: number;

  constructor(waitSeconds: number) {
    super('This caller has asked too often for what does not exist, or created too often what does.');
    this.retryAfterSeconds = Math.max(1, Math.ceil(waitSeconds));
  }
}
