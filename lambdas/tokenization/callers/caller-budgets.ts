import { CallerBudgetSpent, StoreUnavailable } from '../errors.ts';
import type { BudgetKind, BudgetLedger, CallerBudget } from '../ports/budget-ledger.ts';
import type { Clock } from '../ports/clock.ts';
import { type Caller, callerName } from './caller.ts';

export interface CallerBudgetsOptions {
  /** Answers of each kind that one caller gets in a window; 0 is no limit. */
  readonly limits: Readonly<Record<BudgetKind, number>>;
  readonly windowSeconds: number;
  /** `null` where there is no database: then each process counts by itself. */
  readonly ledger: BudgetLedger | null;
  readonly clock: Clock;
  /** For metrics: a unit was taken, or refused because none is left. */
  readonly report: (event: 'taken' | 'spent', kind: BudgetKind, caller: Caller) => void;
}

/**
 * How often a caller may be told that a card or a reference does not exist, or that a card existed already. A truncated card
 * number leaves a thousand candidates: without a budget a lookup finds the one that exists within minutes.
 *
 * The database counts for all instances. This process remembers until when a caller has to wait, so that it refuses before TOME is
 * asked. While the database is down each process counts by itself with the same limit.
 */
export class CallerBudgets {
  readonly #options: CallerBudgetsOptions;
  /** When a budget that is known to be spent has room again, in monotonic milliseconds. */
  readonly #closedUntilMs = new Map<string, number>();
  /** When a budget that is counted here is full again, in monotonic milliseconds. */
  readonly #spentUntilMs = new Map<string, number>();

  constructor(options: CallerBudgetsOptions) {
    this.#options = options;
  }

  /** The caller's budget; `undefined` where it has no limit. */
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

  /** Takes one unit. Rejects with CallerBudgetSpent when none is left: then the answer it was for must not be given. */
  async spend(kind: BudgetKind, caller: Caller, deadlineMs?: number): Promise<void> {
    const budget = this.of(kind, caller);
    if (budget === undefined) return;
    const waitSeconds = await this.#take(budget, deadlineMs);
    if (waitSeconds > 0) throw this.close(kind, caller, waitSeconds);
    this.#options.report('taken', kind, caller);
  }

  /** Remembers that the budget is spent, and returns the refusal. */
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

  /** The rule of the database's `spend_caller_budget`, in this process's memory. */
  #takeHere({ caller, kind, limit, windowSeconds }: CallerBudget): number {
    const key = `${kind} ${caller}`;
    const nowMs = this.#options.clock.monotonicMs();
    const unitMs = (windowSeconds * 1_000) / limit;
    const spentUntilMs = Math.max(nowMs, this.#spentUntilMs.get(key) ?? 0) + unitMs;
    const waitMs = spentUntilMs - (nowMs + windowSeconds * 1_000);
    // Half a millisecond makes up for adding fractions.
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
