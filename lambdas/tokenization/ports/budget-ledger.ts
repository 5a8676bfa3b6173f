/** Kinds of answers that help to guess a card number. Each caller has a budget for each kind. */
export type BudgetKind = 'lookup-miss' | 'detokenize-refusal' | 'creation-of-existing';

/** One caller's budget of one kind. */
export interface CallerBudget {
  /** Account and principal, without the session. */
  readonly caller: string;
  readonly kind: BudgetKind;
  /** Answers in a window. They become available again evenly over the window. */
  readonly limit: number;
  readonly windowSeconds: number;
}

/** Counts what callers have spent, for all instances together. */
export interface BudgetLedger {
  /**
   * Takes one unit. Returns 0, or the seconds to wait when none is left. Can reject with
   * StoreUnavailable. A repetition after a lost commit takes a second unit. `deadlineMs` is the
   * request's deadline in monotonic time.
   */
  spend(budget: CallerBudget, deadlineMs?: number): Promise<number>;
}
