import { StoreUnavailable, TokenizationError } from '../../tokenization/errors.ts';
import type { BreakerEvidence } from './breaker-evidence.ts';
import type { ConnectionPool } from './connection-pool.ts';
import type { Slot } from './connection-slots.ts';
import type { Sql } from './driver-options.ts';
import { ServerSilent } from './open-in-time.ts';
import type { ProcessClock } from './process-clock.ts';
import { BUG, type Condition, conditionOf } from './sqlstate-conditions.ts';
import { answerTimeMs, executionTimeMs } from './time-limits.ts';
import { TimedOut, within } from './within.ts';

interface Failure {
  readonly error: unknown;
  readonly retry: Condition['retry'];
}

export type Outcome<Result> = { readonly result: Result } | Failure;

export interface ExecutionLimits {
  /** When the execution must have ended, by the monotonic clock. */
  readonly endMs: number;
  /** Whether a connection must be used that was just opened. */
  readonly fresh: boolean;
  /** Whether a failure of this execution is final. */
  readonly isLast: boolean;
}

/**
 * Executes work once on one connection, and says what its failure means for a retry and for the
 * breaker.
 */
export class StatementExecutor {
  readonly #pool: ConnectionPool;
  readonly #clock: ProcessClock;
  readonly #queryTimeoutMs: number;

  constructor(pool: ConnectionPool, clock: ProcessClock, queryTimeoutMs: number) {
    this.#pool = pool;
    this.#clock = clock;
    this.#queryTimeoutMs = queryTimeoutMs;
  }

  async execute<Result>(
    work: (sql: Sql) => Promise<Result>,
    { endMs, fresh, isLast }: ExecutionLimits,
    evidence: BreakerEvidence,
  ): Promise<Outcome<Result>> {
    const leftMs = (): number => endMs - this.#clock.monotonicMs();
    const timeMs = executionTimeMs(leftMs(), this.#queryTimeoutMs);
    if (timeMs === null) return outOfTime();
    let slot: Slot;
    try {
      slot = await this.#pool.acquire(timeMs, { fresh });
    } catch (error) {
      if (error instanceof ServerSilent) evidence.serverIsSilent();
      // Every failure to open a connection is a condition of the server: no statement was sent yet.
      return { error: new StoreUnavailable(error), retry: conditionOf(error).retry };
    }
    if (slot.isFresh) evidence.answered();
    const mayRetryOnFresh = !(slot.isFresh || slot.isShared || isLast);
    const waitMs = answerTimeMs(leftMs(), this.#queryTimeoutMs, { mayRetryOnFresh });
    if (waitMs === null) {
      this.#pool.release(slot);
      return outOfTime();
    }
    try {
      const result = await within(this.#send(work, slot), waitMs, Math.min(leftMs(), this.#queryTimeoutMs));
      evidence.answered();
      return { result };
    } catch (error) {
      if (error instanceof TimedOut) return this.#giveUp(slot, error, evidence);
      const { answer, retry, discard } = error instanceof TokenizationError ? BUG : conditionOf(error);
      if (discard) this.#pool.discard(slot, 'leave');
      else evidence.answered();
      return { error: answer === 503 ? new StoreUnavailable(error) : error, retry };
    }
  }

  /** Releases the slot when the work ends, also after its caller has stopped waiting for it. */
  #send<Result>(work: (sql: Sql) => Promise<Result>, slot: Slot): Promise<Result> {
    const release = (): void => this.#pool.release(slot);
    const sent = work(slot.connection.sql);
    void sent.then(release, release);
    return sent;
  }

  #giveUp<Result>(slot: Slot, timedOut: TimedOut, evidence: BreakerEvidence): Outcome<Result> {
    const error = new StoreUnavailable(timedOut);
    // Earlier work on the same connection is slow. This statement must not cancel it.
    if (!this.#pool.isNext(slot)) return { error, retry: 'no' };
    evidence.statementWasSilent();
    this.#pool.discard(slot, 'cancel');
    // On a fresh connection the server has just answered, so the statement is slow.
    return { error, retry: slot.isFresh ? 'no' : 'new connection' };
  }
}

const outOfTime = (): Failure => ({
  error: new StoreUnavailable(new TimedOut('The deadline left no time to ask the database.')),
  retry: 'no',
});
