import { type Connection, type Moment, openConnection } from './connection.ts';
import type { DatabaseAddress } from './database-address.ts';
import { TimedOut, watchBusyness, within } from './within.ts';

export interface ConnectionPoolSettings {
  readonly maxConnections: number;
  readonly prepare: boolean;
  /** How long opening one connection may take: reaching the server, signing in, and one answer. */
  readonly openTimeoutMs: number;
  /** A connection without use for longer is not trusted: a firewall, a proxy or the server may have dropped it without a word. */
  readonly maxIdleMs: number;
}

/** Time by both clocks of a process. The monotonic one may stand still while a function is frozen, and the other may be set. */
export interface PoolClock {
  monotonicMs(): number;
  wallMs(): number;
}

/** The right to send one piece of work on a connection, until it is given back. */
export interface Loan {
  readonly connection: Connection;
  /** Just opened, so that the server has answered on it a moment ago. */
  readonly isFresh: boolean;
  /** Other work was under way on it: this one waits for that. */
  readonly isShared: boolean;
}

/** The server gave no answer in time to a connection that was being opened. */
export class ServerSilent extends Error {
  override readonly name = 'ServerSilent';
}

/** Of the time for opening a connection, what must have passed in silence to say something about the server. */
const TELLING_SHARE = 0.25;

/** A timer that is later than this was late because the process was frozen, and not because it was busy. */
const FREEZE_MS = 5_000;

/** Pieces of work under way on one connection. Beyond that they wait, for whichever connection has room first. */
const MOST_ON_ONE = 32;

/**
 * Connections of one process. Each statement gets one of its own as long as there are any; when all are in use it is sent behind others
 * (pipelined), because a busy process sends far more statements than it has turns to wait for answers one by one.
 */
export class ConnectionPool {
  readonly #address: DatabaseAddress;
  readonly #settings: ConnectionPoolSettings;
  readonly #clock: PoolClock;
  /** What is under way on each connection, in the order in which it was sent. The connection used last is at the end. */
  readonly #loans = new Map<Connection, Loan[]>();
  #opening = 0;
  #waiting: { readonly fresh: boolean; readonly give: (found: Loan | 'open') => void }[] = [];

  constructor(address: DatabaseAddress, settings: ConnectionPoolSettings, clock: PoolClock) {
    this.#address = address;
    this.#settings = settings;
    this.#clock = clock;
  }

  /**
   * Lends a connection. With `fresh` it is one that was just opened. Rejects with TimedOut when there was none in time, with ServerSilent
   * when the server did not answer, and with the reason when it refused.
   */
  async borrow(timeoutMs: number, { fresh }: { readonly fresh: boolean }): Promise<Loan> {
    const endMs = this.#clock.monotonicMs() + timeoutMs;
    const found = (this.#waiting.length === 0 ? this.#find(fresh) : null) ?? (await this.#wait(timeoutMs, fresh));
    return found === 'open' ? this.#open(endMs - this.#clock.monotonicMs()) : found;
  }

  giveBack(loan: Loan): void {
    const { connection } = loan;
    const loans = this.#loans.get(connection);
    if (loans === undefined) return;
    const position = loans.indexOf(loan);
    if (position >= 0) loans.splice(position, 1);
    connection.usedAt = this.#now();
    this.#loans.delete(connection);
    if (!connection.isClosed) this.#loans.set(connection, loans);
    this.#changed();
  }

  /** Whether all that was sent before it on its connection has been answered. */
  isNext(loan: Loan): boolean {
    return this.#loans.get(loan.connection)?.[0] === loan;
  }

  discard({ connection }: Pick<Loan, 'connection'>, cancel: 'cancel' | 'leave'): void {
    if (!this.#loans.delete(connection)) return;
    connection.discard(cancel);
    this.#changed();
  }

  /** The server is taken to be down, so whatever connection there is has to be made again. */
  discardIdle(): void {
    for (const [connection, loans] of this.#loans) if (loans.length === 0) this.discard({ connection }, 'leave');
  }

  /** Statements that are under way may end. The pool can be used again afterwards. */
  async close(): Promise<void> {
    const ending = [...this.#loans.keys()];
    this.#loans.clear();
    await Promise.all(ending.map((connection) => connection.end()));
  }

  /** A loan, or a place for a new connection, which is taken with it; `null` when there is neither. */
  #find(fresh: boolean): Loan | 'open' | null {
    const idle = this.#takeIdle(fresh ? 'discard' : 'lend');
    if (idle !== undefined) return this.#lend(idle, false);
    if (this.#loans.size + this.#opening < this.#settings.maxConnections) {
      this.#opening += 1;
      return 'open';
    }
    const shared = fresh ? undefined : this.#leastLoaded();
    return shared === undefined ? null : this.#lend(shared, false);
  }

  /** Takes its turn behind those that have waited longer. */
  async #wait(timeoutMs: number, fresh: boolean): Promise<Loan | 'open'> {
    const turn = Promise.withResolvers<Loan | 'open'>();
    const waiting = { fresh, give: turn.resolve };
    this.#waiting.push(waiting);
    try {
      return await within(turn.promise, timeoutMs);
    } catch (error) {
      const position = this.#waiting.indexOf(waiting);
      if (position >= 0) this.#waiting.splice(position, 1);
      // It was given something in the moment in which the wait ended.
      else this.#takeBack(await turn.promise);
      throw error;
    }
  }

  #takeBack(given: Loan | 'open'): void {
    if (given !== 'open') this.giveBack(given);
    else {
      this.#opening -= 1;
      this.#changed();
    }
  }

  /** Gives what there is now to those that wait. One that wants a fresh connection does not hold up the others. */
  #changed(): void {
    for (let position = 0; position < this.#waiting.length; ) {
      const waiting = this.#waiting[position];
      if (waiting === undefined) return;
      const found = this.#find(waiting.fresh);
      if (found !== null) {
        this.#waiting.splice(position, 1);
        waiting.give(found);
      } else if (waiting.fresh) position += 1;
      else return;
    }
  }

  #lend(connection: Connection, isFresh: boolean): Loan {
    const loans = this.#loans.get(connection) ?? [];
    const loan = { connection, isFresh, isShared: loans.length > 0 };
    loans.push(loan);
    this.#loans.set(connection, loans);
    return loan;
  }

  /** The idle connection that was used last; those that were idle for too long are discarded, and with `discard` the others make room. */
  #takeIdle(use: 'lend' | 'discard'): Connection | undefined {
    let last: Connection | undefined;
    for (const [connection, loans] of this.#loans) {
      if (loans.length > 0) continue;
      if (this.#sinceMs(connection.usedAt) > this.#settings.maxIdleMs) this.#drop(connection);
      else last = connection;
    }
    if (use === 'lend' || last === undefined) return last;
    if (this.#loans.size + this.#opening >= this.#settings.maxConnections) this.#drop(last);
    return undefined;
  }

  /** Its place is for the one that asks. */
  #drop(connection: Connection): void {
    this.#loans.delete(connection);
    connection.discard('leave');
  }

  #leastLoaded(): Connection | undefined {
    let least: readonly [Connection, number] | undefined;
    for (const [connection, { length }] of this.#loans) {
      if (least === undefined || length < least[1]) least = [connection, length];
    }
    return least === undefined || least[1] >= MOST_ON_ONE ? undefined : least[0];
  }

  async #open(leftMs: number): Promise<Loan> {
    const timeoutMs = Math.min(leftMs, this.#settings.openTimeoutMs);
    const opening = new AbortController();
    const startedAt = this.#now();
    const wasBusy = watchBusyness();
    const forget = (closed: Connection): void => {
      if (this.#loans.delete(closed)) this.#changed();
    };
    const opened = openConnection(this.#address, this.#settings, { signal: opening.signal, forget });
    try {
      return this.#lend(await within(opened, timeoutMs, leftMs), true);
    } catch (error) {
      opening.abort();
      // It may have come in the moment in which the wait ended; its failure has been reported otherwise.
      void opened.then(
        (late) => late.discard('leave'),
        () => undefined,
      );
      // An opening shows nothing about the server when a near deadline cut it short, when the process was frozen meanwhile, or
      // when it was too busy to read answers.
      const isTelling =
        timeoutMs >= this.#settings.openTimeoutMs * TELLING_SHARE &&
        this.#sinceMs(startedAt) < timeoutMs + FREEZE_MS &&
        !wasBusy();
      throw error instanceof TimedOut && isTelling ? new ServerSilent('The server gave no answer.') : error;
    } finally {
      this.#opening -= 1;
      this.#changed();
    }
  }

  #now(): Moment {
    return { monotonicMs: this.#clock.monotonicMs(), wallMs: this.#clock.wallMs() };
  }

  /** Since then, by the clock that says more: either may have stood still, or have been set. */
  #sinceMs(then: Moment): number {
    const now = this.#now();
    return Math.max(now.monotonicMs - then.monotonicMs, now.wallMs - then.wallMs);
  }
}
