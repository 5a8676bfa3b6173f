import {
  type Admission,
  type BreakerSettings,
  type BreakerState,
  CircuitBreaker,
} from '../../tokenization/circuit-breaker.ts';
import { StoreUnavailable, TokenizationError } from '../../tokenization/errors.ts';
import { ConnectionPool, type Loan, type PoolClock, ServerSilent } from './connection-pool.ts';
import type { DatabaseAddress, SignedAddress } from './database-address.ts';
import { createClient, type DriverSettings, type Sql } from './driver-options.ts';
import { Evidence } from './evidence.ts';
import { BUG, type Condition, conditionOf } from './sqlstate-conditions.ts';
import { TimedOut, within } from './within.ts';

export type { DatabaseAddress } from './database-address.ts';
export type { Sql } from './driver-options.ts';

/** What executes statements: a Database, one bound to a deadline, or something that stands before either. */
export interface StatementRunner {
  run<Result>(work: (sql: Sql) => Promise<Result>, options?: RunOptions): Promise<Result>;
}

export interface RunOptions {
  /** Something else answers when the database does not, so it is waited for less long. */
  readonly hasFallback?: boolean;
}

export interface DatabaseSettings extends DriverSettings {
  /** How long one execution of a statement may take. Opening a connection may take half of it. */
  readonly queryTimeoutMs: number;
  /** Executions of one statement. More than one only where `sqlstate-conditions.ts` says so, or a connection gave no answer. */
  readonly attempts: number;
  /** How long an unused connection is trusted. For ever by default. */
  readonly maxIdleMs?: number;
  /** None by default: then every statement is tried, however long the server has given no answer. */
  readonly breaker?: BreakerSettings;
}

/** Given in by tests, and by who counts the breaker's changes. */
export interface DatabaseParts {
  readonly clock?: PoolClock;
  readonly onBreaker?: (state: BreakerState) => void;
}

/** Less time than this is not worth a statement: it would be sent, and its answer not waited for. */
const LEAST_TIME_MS = 10;

/** Of the query timeout, what opening a connection may take, and what a connection that was used before may stay silent. */
const SHORT_SHARE = 0.5;

/** What work with a fallback may take: of the time that is left, because the fallback needs the rest, and of the query timeout. */
const FALLBACK_SHARE = 0.5;

/**
 * How long a request waits for the connection that shows whether the server is back, as shares of the query timeout. The connection itself
 * has its usual time: when it comes later, the next request finds the breaker closed.
 */
const PROBE_SHARE = 0.25;
const PROBE_SHARE_WITH_FALLBACK = 0.05;

const PROCESS_CLOCK: PoolClock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
const NEVER_FAILS: BreakerSettings = { failures: Number.POSITIVE_INFINITY, openMs: 0 };

/**
 * The connections of one process. Work given to `run` must be safe to execute again: when a connection is lost it is not known whether
 * its last statement was committed, so the statement is executed again on another connection and the unique indexes decide.
 *
 * A statement that gives no answer is cancelled on the server and costs its own connection only. When the connection had been used before, it
 * may have been dropped without a word while the process was frozen, so the statement is executed once more on a fresh
 * one. When the server does not answer on a fresh one either, the breaker opens: requests go on without the database at once.
 */
export class Database implements StatementRunner {
  readonly #settings: DatabaseSettings;
  readonly #clock: PoolClock;
  readonly #breaker: CircuitBreaker;
  readonly #pool: ConnectionPool;
  #breakerState: BreakerState = 'closed';

  constructor(address: DatabaseAddress, settings: DatabaseSettings, parts: DatabaseParts = {}) {
    this.#settings = settings;
    this.#clock = parts.clock ?? PROCESS_CLOCK;
    this.#pool = new ConnectionPool(
      address,
      {
        maxConnections: settings.maxConnections,
        prepare: settings.prepare,
        openTimeoutMs: settings.queryTimeoutMs * SHORT_SHARE,
        maxIdleMs: settings.maxIdleMs ?? Number.POSITIVE_INFINITY,
      },
      this.#clock,
    );
    this.#breaker = new CircuitBreaker(settings.breaker ?? NEVER_FAILS, this.#clock, refusal, (state) => {
      this.#breakerState = state;
      if (state === 'open') this.#pool.discardIdle();
      parts.onBreaker?.(state);
    });
  }

  /** Statements that end before `deadlineMs` (monotonic), one way or the other: an attempt gets what is left, and none is begun without any. */
  until(deadlineMs: number): StatementRunner {
    return { run: (work, options) => this.#run(work, deadlineMs, options) };
  }

  /**
   * Rejects with StoreUnavailable for every condition of connections and of the server (`sqlstate-conditions.ts`); any other error is the
   * statement's own.
   */
  run<Result>(work: (sql: Sql) => Promise<Result>, options?: RunOptions): Promise<Result> {
    return this.#run(work, Number.POSITIVE_INFINITY, options);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #run<Result>(
    work: (sql: Sql) => Promise<Result>,
    deadlineMs: number,
    { hasFallback = false }: RunOptions = {},
  ): Promise<Result> {
    const { attempts, queryTimeoutMs } = this.#settings;
    const admission = this.#breaker.enter(2 * queryTimeoutMs);
    if (this.#breakerState !== 'closed') {
      await this.#probe(admission, queryTimeoutMs * (hasFallback ? PROBE_SHARE_WITH_FALLBACK : PROBE_SHARE));
    }
    const evidence = new Evidence(admission);
    const nowMs = this.#clock.monotonicMs();
    const endMs = hasFallback
      ? nowMs + Math.min((deadlineMs - nowMs) * FALLBACK_SHARE, queryTimeoutMs * FALLBACK_SHARE)
      : deadlineMs;
    try {
      for (let attempt = 1, fresh = false; ; attempt += 1) {
        const isLast = attempt >= attempts;
        const outcome: Outcome<Result> = await this.#attempt(work, { endMs, fresh, isLast }, evidence);
        if ('result' in outcome) return outcome.result;
        if (outcome.retry === 'no' || isLast) throw outcome.error;
        fresh = outcome.retry === 'new connection';
      }
    } finally {
      evidence.end();
    }
  }

  /** Opens a connection to see whether the server is back. Rejects with StoreUnavailable unless it is within the time to wait. */
  async #probe(admission: Admission, waitMs: number): Promise<void> {
    const evidence = new Evidence(admission);
    const look = async (): Promise<void> => {
      try {
        const loan = await this.#pool.borrow(this.#settings.queryTimeoutMs, { fresh: true });
        evidence.answered();
        this.#pool.giveBack(loan);
      } catch (error) {
        if (error instanceof ServerSilent) evidence.serverIsSilent();
        throw error;
      } finally {
        evidence.end();
      }
    };
    try {
      await within(look(), waitMs);
    } catch (error) {
      throw new StoreUnavailable(error);
    }
  }

  async #attempt<Result>(
    work: (sql: Sql) => Promise<Result>,
    limits: { readonly endMs: number; readonly fresh: boolean; readonly isLast: boolean },
    evidence: Evidence,
  ): Promise<Outcome<Result>> {
    const timeoutMs = this.#timeLeftMs(limits.endMs);
    let loan: Loan;
    try {
      loan = await this.#pool.borrow(timeoutMs, limits);
    } catch (error) {
      if (error instanceof ServerSilent) evidence.serverIsSilent();
      // Whatever keeps a connection from being opened is a condition of the server: there is no statement yet to blame.
      return { error: new StoreUnavailable(error), retry: conditionOf(error).retry };
    }
    if (loan.isFresh) evidence.answered();
    const patienceMs = this.#patienceMs(limits, loan);
    const mostMs = this.#patienceMs(limits, { ...loan, isFresh: true });
    if (patienceMs < LEAST_TIME_MS * SHORT_SHARE) {
      this.#pool.giveBack(loan);
      return { error: outOfTime(), retry: 'no' };
    }
    try {
      const result = await within(this.#send(work, loan), patienceMs, mostMs);
      evidence.answered();
      return { result };
    } catch (error) {
      if (error instanceof TimedOut) return this.#giveUp(loan, error, evidence);
      const { answer, retry, discard } = error instanceof TokenizationError ? BUG : conditionOf(error);
      if (discard) this.#pool.discard(loan, 'leave');
      else evidence.answered();
      return { error: answer === 503 ? new StoreUnavailable(error) : error, retry };
    }
  }

  /** The loan ends with the work, also with work that is not waited for any longer. */
  #send<Result>(work: (sql: Sql) => Promise<Result>, loan: Loan): Promise<Result> {
    const end = (): void => this.#pool.giveBack(loan);
    const sent = work(loan.connection.sql);
    void sent.then(end, end);
    return sent;
  }

  #giveUp<Result>(loan: Loan, timedOut: TimedOut, evidence: Evidence): Outcome<Result> {
    const error = new StoreUnavailable(timedOut);
    // Work before it on the same connection is slow, or there is too much of it: that is not this statement's to end.
    if (!this.#pool.isNext(loan)) return { error, retry: 'no' };
    evidence.statementWasSilent();
    this.#pool.discard(loan, 'cancel');
    // On a fresh connection the server has answered a moment ago: then it is the statement that is slow.
    return { error, retry: loan.isFresh ? 'no' : 'new connection' };
  }

  /** At most one execution's time. Throws StoreUnavailable when too little is left to begin anything. */
  #timeLeftMs(endMs: number): number {
    const leftMs = endMs - this.#clock.monotonicMs();
    if (leftMs < LEAST_TIME_MS) throw outOfTime();
    return Math.min(leftMs, this.#settings.queryTimeoutMs);
  }

  /** A connection that may have been dropped without a word is left half of the time, so that a fresh one has the other half. */
  #patienceMs(
    { endMs, isLast }: { readonly endMs: number; readonly isLast: boolean },
    { isFresh, isShared }: Loan,
  ): number {
    const { queryTimeoutMs } = this.#settings;
    const leftMs = endMs - this.#clock.monotonicMs();
    return isFresh || isShared || isLast
      ? Math.min(leftMs, queryTimeoutMs)
      : Math.min(leftMs * SHORT_SHARE, queryTimeoutMs * SHORT_SHARE);
  }
}

type Outcome<Result> = { readonly result: Result } | { readonly error: unknown; readonly retry: Condition['retry'] };

const outOfTime = (): StoreUnavailable => new StoreUnavailable(new TimedOut('No time was left to ask the database.'));

const refusal = (retryAfterSeconds: number): StoreUnavailable =>
  new StoreUnavailable(new Error('The database is taken to be down: its circuit breaker is open.'), retryAfterSeconds);

/** A client for long work outside the request path (migrations, tests); the caller ends it. */
export const connect = (address: SignedAddress, settings: DriverSettings): Sql => createClient(address, settings);
