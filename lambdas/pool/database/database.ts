import {
  type BreakerPermit,
  type BreakerSettings,
  type BreakerState,
  CircuitBreaker,
} from '../../tokenization/circuit-breaker.ts';
import { StoreUnavailable } from '../../tokenization/errors.ts';
import { BreakerEvidence } from './breaker-evidence.ts';
import { ConnectionPool } from './connection-pool.ts';
import type { DatabaseAddress, SignedAddress } from './database-address.ts';
import { createClient, type DriverSettings, type Sql } from './driver-options.ts';
import { ServerSilent } from './open-in-time.ts';
import type { ProcessClock } from './process-clock.ts';
import { type Outcome, StatementExecutor } from './statement-executor.ts';
import { endWithFallbackMs, openTimeoutMs, probeWaitMs } from './time-limits.ts';
import { within } from './within.ts';

export type { DatabaseAddress } from './database-address.ts';
export type { Sql } from './driver-options.ts';

/** Executes statements: a Database, one that is bound to a deadline, or a wrapper around either. */
export interface StatementRunner {
  run<Result>(work: (sql: Sql) => Promise<Result>, options?: RunOptions): Promise<Result>;
}

export interface RunOptions {
  /** The caller has another source for the answer, so it waits less long for the database. */
  readonly hasFallback?: boolean;
}

export interface DatabaseSettings extends DriverSettings {
  /** How long one execution of a statement may take. Opening a connection may take half of it. */
  readonly queryTimeoutMs: number;
  /**
   * How many times a statement is executed at most. It is executed again only where
   * `sqlstate-conditions.ts` says so, or when a connection gave no answer.
   */
  readonly attempts: number;
  /** How long an unused connection is trusted. By default without limit. */
  readonly maxIdleMs?: number;
  /**
   * By default there is no breaker: every statement is sent, however long the server has been
   * silent.
   */
  readonly breaker?: BreakerSettings;
}

export interface DatabaseParts {
  /** For tests. */
  readonly clock?: ProcessClock;
  /** Called when the circuit breaker changes its state. */
  readonly onBreaker?: (state: BreakerState) => void;
}

const PROCESS_CLOCK: ProcessClock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };
const NEVER_FAILS: BreakerSettings = { failures: Number.POSITIVE_INFINITY, openMs: 0 };

/**
 * The connections of one process. Work that is passed to `run` must be safe to execute again: when
 * a connection is lost, it is unknown whether its last statement was committed, so the statement is
 * executed again on another connection and the unique indexes decide.
 *
 * A statement without an answer is cancelled on the server and costs only its own connection. If
 * that connection had been used before, it may have been dropped without notice while the process
 * was frozen, so the statement is executed once more on a fresh one. If the server does not answer
 * on a fresh one either, the breaker opens, and requests continue without the database at once.
 */
export class Database implements StatementRunner {
  readonly #settings: DatabaseSettings;
  readonly #clock: ProcessClock;
  readonly #breaker: CircuitBreaker;
  readonly #pool: ConnectionPool;
  readonly #executor: StatementExecutor;
  #breakerState: BreakerState = 'closed';

  constructor(address: DatabaseAddress, settings: DatabaseSettings, parts: DatabaseParts = {}) {
    this.#settings = settings;
    this.#clock = parts.clock ?? PROCESS_CLOCK;
    this.#pool = new ConnectionPool(
      address,
      {
        maxConnections: settings.maxConnections,
        prepare: settings.prepare,
        openTimeoutMs: openTimeoutMs(settings.queryTimeoutMs),
        maxIdleMs: settings.maxIdleMs ?? Number.POSITIVE_INFINITY,
      },
      this.#clock,
    );
    this.#executor = new StatementExecutor(this.#pool, this.#clock, settings.queryTimeoutMs);
    this.#breaker = new CircuitBreaker(settings.breaker ?? NEVER_FAILS, this.#clock, refusal, (state) => {
      this.#breakerState = state;
      if (state === 'open') this.#pool.discardIdle();
      parts.onBreaker?.(state);
    });
  }

  /**
   * Runs work that ends before `deadlineMs` (monotonic). No execution begins when no time is left.
   */
  until(deadlineMs: number): StatementRunner {
    return { run: (work, options) => this.#run(work, deadlineMs, options) };
  }

  /**
   * Rejects with StoreUnavailable for every condition of a connection or of the server
   * (`sqlstate-conditions.ts`). Any other error comes from the statement.
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
    if (this.#breakerState !== 'closed') await this.#probe(admission, probeWaitMs(queryTimeoutMs, hasFallback));
    const evidence = new BreakerEvidence(admission);
    const endMs = hasFallback ? endWithFallbackMs(this.#clock.monotonicMs(), deadlineMs, queryTimeoutMs) : deadlineMs;
    try {
      for (let attempt = 1, fresh = false; ; attempt += 1) {
        const isLast = attempt >= attempts;
        const outcome: Outcome<Result> = await this.#executor.execute(work, { endMs, fresh, isLast }, evidence);
        if ('result' in outcome) return outcome.result;
        if (outcome.retry === 'no' || isLast) throw outcome.error;
        fresh = outcome.retry === 'new connection';
      }
    } finally {
      evidence.end();
    }
  }

  /**
   * Opens a connection to find out whether the server is back. Rejects with StoreUnavailable after
   * `waitMs`.
   */
  async #probe(admission: BreakerPermit, waitMs: number): Promise<void> {
    const evidence = new BreakerEvidence(admission);
    const openOne = async (): Promise<void> => {
      try {
        const slot = await this.#pool.acquire(this.#settings.queryTimeoutMs, { fresh: true });
        evidence.answered();
        this.#pool.release(slot);
      } catch (error) {
        if (error instanceof ServerSilent) evidence.serverIsSilent();
        throw error;
      } finally {
        evidence.end();
      }
    };
    try {
      await within(openOne(), waitMs);
    } catch (error) {
      throw new StoreUnavailable(error);
    }
  }
}

const refusal = (retryAfterSeconds: number): StoreUnavailable =>
  new StoreUnavailable(new Error('The database counts as down: its circuit breaker is open.'), retryAfterSeconds);

/** A client for long work outside requests (migrations, tests). The caller ends it. */
export const connect = (address: SignedAddress, settings: DriverSettings): Sql => createClient(address, settings);
