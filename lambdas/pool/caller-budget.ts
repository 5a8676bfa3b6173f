import { CallerBudgetSpent } from '../tokenization/errors.ts';
import type { BudgetLedger } from '../tokenization/ports/budget-ledger.ts';
import type { Database } from './database/database.ts';

/** The budgets of callers, counted in the database for all instances together. */
export const createBudgetLedger = (database: Pick<Database, 'until'>): BudgetLedger => ({
  async spend({ caller, kind, limit, windowSeconds }, deadlineMs = Number.POSITIVE_INFINITY) {
    const [spent] = await database.until(deadlineMs).run(
      (sql) => sql<{ waitSeconds: number }[]>`
        SELECT spend_caller_budget(${caller}, ${kind}, ${limit}, ${windowSeconds}) AS "waitSeconds"
      `,
    );
    return spent?.waitSeconds ?? 0;
  },
});

/**
 * Returns the row of a read that also read the wait of its caller's budget. Throws
 * CallerBudgetSpent when the caller must wait.
 */
export function withinBudget<Row extends { readonly waitSeconds: number }>(row: Row | undefined): Row | undefined {
  if (row !== undefined && row.waitSeconds > 0) throw new CallerBudgetSpent(row.waitSeconds);
  return row;
}
