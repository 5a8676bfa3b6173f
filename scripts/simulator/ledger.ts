import type { Namespace, Operation } from '../../lambdas/tome/contract/contract.ts';

export interface LedgerCall {
  readonly sequence: number;
  readonly atMs: number;
  readonly namespace: Namespace;
  readonly operation: Operation;
  readonly lane: string;
  readonly outcome: string;
  readonly requestId: string;
  readonly correlationId: string;
}

export interface CallCount {
  readonly namespace: Namespace;
  readonly operation: Operation;
  readonly lane: string;
  readonly outcome: string;
  readonly count: number;
}

export interface TokenRequestCount {
  readonly outcome: string;
  readonly count: number;
}

/**
 * Calls by outcome, and the number of bindings of each namespace. Requests for access tokens are no
 * calls of TOME's operations, and are counted apart.
 */
export interface LedgerSummary {
  readonly calls: readonly CallCount[];
  readonly tokenRequests: readonly TokenRequestCount[];
  readonly bindings: Readonly<Record<Namespace, number>>;
}

/** Most single calls in memory. Counts are not limited. */
const REMEMBERED_CALLS = 200_000;

/** Every call that reached TOME with its outcome, without sources and tokens. */
export class Ledger {
  readonly #counts = new Map<string, { -readonly [Key in keyof CallCount]: CallCount[Key] }>();
  readonly #tokenRequests = new Map<string, number>();
  #calls: LedgerCall[] = [];
  #sequence = 0;

  record(call: Omit<LedgerCall, 'sequence'>): void {
    this.#sequence += 1;
    this.#calls.push({ sequence: this.#sequence, ...call });
    if (this.#calls.length > REMEMBERED_CALLS) this.#calls = this.#calls.slice(REMEMBERED_CALLS / 2);
    const { namespace, operation, lane, outcome } = call;
    const key = `${namespace} ${operation} ${lane} ${outcome}`;
    const counted = this.#counts.get(key);
    if (counted === undefined) this.#counts.set(key, { namespace, operation, lane, outcome, count: 1 });
    else counted.count += 1;
  }

  recordTokenRequest(outcome: string): void {
    this.#tokenRequests.set(outcome, (this.#tokenRequests.get(outcome) ?? 0) + 1);
  }

  tokenRequests(): readonly TokenRequestCount[] {
    return [...this.#tokenRequests].map(([outcome, count]) => ({ outcome, count }));
  }

  counts(): readonly CallCount[] {
    return [...this.#counts.values()].map((counted) => ({ ...counted }));
  }

  /** The calls after a sequence number that are still in memory. */
  calls(after = 0): readonly LedgerCall[] {
    return after === 0 ? this.#calls : this.#calls.filter(({ sequence }) => sequence > after);
  }

  reset(): void {
    this.#counts.clear();
    this.#tokenRequests.clear();
    this.#calls = [];
  }
}
