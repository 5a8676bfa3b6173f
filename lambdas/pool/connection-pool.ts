import { Connection, type Moment } from './connection.ts';
import { type DatabaseAddress, signed } from './database-address.ts';
import { isSignInRefused } from './sqlstate-conditions.ts';
import { TimedOut, within } from './within.ts';

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

export interface Loan {
  readonly connection: Connection;
  /** Just opened, so that the server has answered on it a moment ago. */
  readonly isFresh: boolean;
}

/** The server gave no answer in time to a connection that was being opened. */
export class ServerSilent extends Error {
  override readonly name = 'ServerSilent';
}

/** Of the time for opening a connection, what must have passed in silence to say something about the server. */
const TELLING_SHARE = 0.25;

/** A timer that is later than this was late because the process was frozen, and not because it was busy. */
const FREEZE_MS = 5_000;

/** Connections of one process, each lent to one statement at a time. */
export class ConnectionPool {
  readonly #address: DatabaseAddress;
  readonly #settings: ConnectionPoolSettings;
  readonly #clock: PoolClock;
  /** The one used last is at the end, and is lent first. */
  #idle: Connection[] = [];
  readonly #lent = new Set<Connection>();
  #places: number;
  readonly #waiting: (() => void)[] = [];

  constructor(address: DatabaseAddress, settings: ConnectionPoolSettings, clock: PoolClock) {
    this.#address = address;
    this.#settings = settings;
    this.#clock = clock;
    this.#places = settings.maxConnections;
  }

  /**
   * Lends a connection. With `fresh` it is one that was just opened. Rejects with TimedOut when no place became free in time,
   * with ServerSilent when the server did not answer, and with the reason when it refused.
   */
  async borrow(timeoutMs: number, { fresh }: { readonly fresh: boolean }): Promise<Loan> {
    const startedMs = this.#clock.monotonicMs();
    await this.#takePlace(timeoutMs);
    try {
      const known = fresh ? undefined : this.#takeIdle();
      const leftMs = timeoutMs - (this.#clock.monotonicMs() - startedMs);
      const connection = known ?? (await this.#open(Math.min(leftMs, this.#settings.openTimeoutMs)));
      this.#lent.add(connection);
      return { connection, isFresh: known === undefined };
    } catch (error) {
      this.#leavePlace();
      throw error;
    }
  }

  giveBack(connection: Connection): void {
    if (!this.#lent.delete(connection)) return;
    connection.usedAt = this.#now();
    if (!connection.isClosed) this.#idle.push(connection);
    this.#leavePlace();
  }

  discard(connection: Connection, cancel: 'cancel' | 'leave'): void {
    connection.discard(cancel);
    if (this.#lent.delete(connection)) this.#leavePlace();
  }

  /** The server is taken to be down, so whatever connection there is has to be made again. */
  discardIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.discard('leave');
  }

  /** Connections that are lent out may finish their statement. The pool can be used again afterwards. */
  async close(): Promise<void> {
    const ending = [...this.#idle.splice(0), ...this.#lent];
    await Promise.all(ending.map((connection) => connection.end()));
  }

  #now(): Moment {
    return { monotonicMs: this.#clock.monotonicMs(), wallMs: this.#clock.wallMs() };
  }

  /** Since then, by the clock that says more: either may have stood still, or have been set. */
  #idleMs(then: Moment): number {
    const now = this.#now();
    return Math.max(now.monotonicMs - then.monotonicMs, now.wallMs - then.wallMs);
  }

  #takeIdle(): Connection | undefined {
    const idle = this.#idle;
    this.#idle = [];
    for (const connection of idle) {
      if (connection.isClosed) continue;
      if (this.#idleMs(connection.usedAt) > this.#settings.maxIdleMs) connection.discard('leave');
      else this.#idle.push(connection);
    }
    return this.#idle.pop();
  }

  async #open(timeoutMs: number): Promise<Connection> {
    // Connections that are idle make room: a fresh one is asked for because they are doubted.
    while (this.#idle.length > this.#places) this.#idle.shift()?.discard('leave');
    const opening = new AbortController();
    const startedAt = this.#now();
    try {
      return await within(this.#connect(opening.signal), timeoutMs);
    } catch (error) {
      opening.abort();
      // An opening that a near deadline cut short shows nothing about the server, nor does one that a freeze of the process
      // came between.
      const isTelling =
        timeoutMs >= this.#settings.openTimeoutMs * TELLING_SHARE && this.#idleMs(startedAt) < timeoutMs + FREEZE_MS;
      throw error instanceof TimedOut && isTelling ? new ServerSilent('The server gave no answer.') : error;
    }
  }

  /** A refused sign-in is tried once more with a password that was read anew, where the address keeps one. */
  async #connect(signal: AbortSignal): Promise<Connection> {
    try {
      return await this.#connectOnce(signal);
    } catch (error) {
      const canForget = typeof this.#address !== 'string' && this.#address.forgetPassword !== undefined;
      if (!canForget || !isSignInRefused(error) || signal.aborted) throw error;
      this.#address.forgetPassword();
      return this.#connectOnce(signal);
    }
  }

  async #connectOnce(signal: AbortSignal): Promise<Connection> {
    const address = await signed(this.#address);
    const connection = new Connection(address, this.#settings, (closed) => {
      this.#idle = this.#idle.filter((idle) => idle !== closed);
    });
    const abandon = (): void => connection.discard('leave');
    if (signal.aborted) abandon();
    signal.addEventListener('abort', abandon, { once: true });
    try {
      await connection.open();
      return connection;
    } catch (error) {
      connection.discard('leave');
      throw error;
    } finally {
      signal.removeEventListener('abort', abandon);
    }
  }

  async #takePlace(timeoutMs: number): Promise<void> {
    if (this.#places > 0) {
      this.#places -= 1;
      return;
    }
    const turn = Promise.withResolvers<void>();
    this.#waiting.push(turn.resolve);
    try {
      await within(turn.promise, timeoutMs);
    } catch (error) {
      const position = this.#waiting.indexOf(turn.resolve);
      if (position >= 0) this.#waiting.splice(position, 1);
      // The place came in the moment in which the wait ended.
      else this.#leavePlace();
      throw error;
    }
  }

  /** The place goes to the one that has waited longest. */
  #leavePlace(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#places += 1;
    else next();
  }
}
