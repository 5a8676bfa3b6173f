/** The kinds of answers that tell a guesser something, each with a budget of its own for each caller. */
export type BudgetKind = 'lookup-miss' | 'detokenize-refusal' | 'creation-of-existing';

/** One caller's budget of one kind. */
export interface CallerBudget {
  /** Account and principal; no session. */
  readonly caller: string;
  readonly kind: BudgetKind;
  /** Answers in a window. They refill evenly over the window. */
  readonly limit: number;
  readonly windowSeconds: number;
}

/** What callers have spent, counted for all instances together. */
export interface BudgetLedger {
  /**
   * Takes one unit. Returns 0, or the seconds to wait when none is left. May reject with StoreUnavailable; repeated after a lost
   * commit it takes a second unit. `deadlineMs`: of the request that it is for, in monotonic time.
   */
  spend(budget: CallerBudget, deadlineMs?: number): Promise<number>;
}
