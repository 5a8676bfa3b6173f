import { CallerBudgetSpent, StoreUnavailable } from '../errors.ts';
import type { BudgetKind, BudgetLedger, CallerBudget } from '../ports/budget-ledger.ts';
import type { Clock } from '../ports/clock.ts';
import { type Caller, callerName } from './caller.ts';

export interface CallerBudgetsOptions {
  /** Answers of each kind that one caller gets in a window; 0 means no limit. */
  readonly limits: Readonly<Record<BudgetKind, number>>;
  readonly windowSeconds: number;
  /** `null` without a database: then each process counts by itself. */
  readonly ledger: BudgetLedger | null;
  readonly clock: Clock;
  /** For metrics. `taken`: a unit was taken. `spent`: none was left. */
  readonly report: (event: 'taken' | 'spent', kind: BudgetKind, caller: Caller) => void;
}

/**
 * Limits the answers that help to guess a card number (docs/design.md#callers-kept-apart). A
 * truncated card number has a thousand candidates: without a budget, lookups find the existing one
 * in minutes.
 *
 * The database counts for all instances. This process remembers how long a caller must wait, so
 * that it refuses before it calls TOME. While the database is down, each process counts with the
 * same limit.
 */
export class CallerBudgets {
  readonly #options: CallerBudgetsOptions;
  /** Until when a budget is spent, as the database answered, in monotonic milliseconds. */
  readonly #closedUntilMs = new Map<string, number>();
  /** When a budget that this process counts is full again, in monotonic milliseconds. */
  readonly #spentUntilMs = new Map<string, number>();

  constructor(options: CallerBudgetsOptions) {
    this.#options = options;
  }

  /** The caller's budget; `undefined` without a limit. */
  of(kind: BudgetKind, caller: Caller): CallerBudget | undefined {
    const { limits, windowSeconds } = this.#options;
    return limits[kind] === 0 ? undefined : { caller: callerName(caller), kind, limit: limits[kind], windowSeconds };
  }

  /** Throws CallerBudgetSpent when this process knows that the budget is spent. */
  assertOpen(kind: BudgetKind, caller: Caller): void {
    const key = keyOf(kind, caller);
    const untilMs = this.#closedUntilMs.get(key);
    if (untilMs === undefined) return;
    const leftMs = untilMs - this.#options.clock.monotonicMs();
    if (leftMs > 0) throw this.#refusal(kind, caller, leftMs / 1_000);
    this.#closedUntilMs.delete(key);
  }

  /**
   * Takes one unit. Rejects with CallerBudgetSpent when none is left; the answer must not be sent
   * then.
   */
  async spend(kind: BudgetKind, caller: Caller, deadlineMs?: number): Promise<void> {
    const budget = this.of(kind, caller);
    if (budget === undefined) return;
    const waitSeconds = await this.#take(budget, deadlineMs);
    if (waitSeconds > 0) throw this.close(kind, caller, waitSeconds);
    this.#options.report('taken', kind, caller);
  }

  /** Remembers that the budget is spent, and returns the error for the caller. */
  close(kind: BudgetKind, caller: Caller, waitSeconds: number): CallerBudgetSpent {
    this.#closedUntilMs.set(keyOf(kind, caller), this.#options.clock.monotonicMs() + waitSeconds * 1_000);
    return this.#refusal(kind, caller, waitSeconds);
  }

  async #take(budget: CallerBudget, deadlineMs?: number): Promise<number> {
    const { ledger } = this.#options;
    if (ledger === null) return this.#takeHere(budget);
    try {
      return await ledger.spend(budget, deadlineMs);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      return this.#takeHere(budget);
    }
  }

  /** The rule of the database function `spend_caller_budget`, in memory. */
  #takeHere({ caller, kind, limit, windowSeconds }: CallerBudget): number {
    const key = `${kind} ${caller}`;
    const nowMs = this.#options.clock.monotonicMs();
    const unitMs = (windowSeconds * 1_000) / limit;
    const spentUntilMs = Math.max(nowMs, this.#spentUntilMs.get(key) ?? 0) + unitMs;
    const waitMs = spentUntilMs - (nowMs + windowSeconds * 1_000);
    // Half a millisecond allows for the rounding of added fractions.
    if (waitMs > 0.5) return waitMs / 1_000;
    this.#spentUntilMs.set(key, spentUntilMs);
    return 0;
  }

  #refusal(kind: BudgetKind, caller: Caller, waitSeconds: number): CallerBudgetSpent {
    this.#options.report('spent', kind, caller);
    return new CallerBudgetSpent(waitSeconds);
  }
}

const keyOf = (kind: BudgetKind, caller: Caller): string => `${kind} ${callerName(caller)}`;
