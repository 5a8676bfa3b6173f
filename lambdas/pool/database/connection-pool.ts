import type { Connection } from './connection.ts';
import { ConnectionSlots, type Slot } from './connection-slots.ts';
import type { DatabaseAddress } from './database-address.ts';
import { type OpeningSettings, openInTime } from './open-in-time.ts';
import { elapsedMs, momentOf, type ProcessClock } from './process-clock.ts';
import { within } from './within.ts';

export interface ConnectionPoolSettings extends OpeningSettings {
  readonly maxConnections: number;
  /**
   * A connection that was idle longer is discarded: a firewall, a proxy or the server may have
   * dropped it without notice.
   */
  readonly maxIdleMs: number;
}

/** A slot, or the right to open a connection. */
type Found = Slot | 'open';

interface Waiting {
  readonly fresh: boolean;
  readonly give: (found: Found) => void;
}

/**
 * The connections of one process. Each statement gets a connection of its own while there are any.
 * When all are in use, it is sent behind other statements (pipelining), because a busy process
 * sends more statements than it has turns of the event loop to wait for single answers.
 */
export class ConnectionPool {
  readonly #address: DatabaseAddress;
  readonly #settings: ConnectionPoolSettings;
  readonly #clock: ProcessClock;
  readonly #slots = new ConnectionSlots();
  #opening = 0;
  #waiting: Waiting[] = [];

  constructor(address: DatabaseAddress, settings: ConnectionPoolSettings, clock: ProcessClock) {
    this.#address = address;
    this.#settings = settings;
    this.#clock = clock;
  }

  /**
   * Returns a slot on a connection; with `fresh` on one that was just opened. Rejects with TimedOut
   * when there was none in time, with ServerSilent when the server did not answer, and with the
   * server's error when it refused the connection.
   */
  async acquire(timeoutMs: number, { fresh }: { readonly fresh: boolean }): Promise<Slot> {
    const endMs = this.#clock.monotonicMs() + timeoutMs;
    const found = (this.#waiting.length === 0 ? this.#find(fresh) : null) ?? (await this.#wait(timeoutMs, fresh));
    return found === 'open' ? this.#open(endMs - this.#clock.monotonicMs()) : found;
  }

  release(slot: Slot): void {
    if (this.#slots.remove(slot, momentOf(this.#clock))) this.#serveWaiting();
  }

  /** Whether everything that was sent before it on its connection has been answered. */
  isNext(slot: Slot): boolean {
    return this.#slots.isNext(slot);
  }

  discard({ connection }: Pick<Slot, 'connection'>, cancel: 'cancel' | 'leave'): void {
    if (!this.#slots.forget(connection)) return;
    connection.discard(cancel);
    this.#serveWaiting();
  }

  /**
   * Discards the idle connections, because the server counts as down and they are probably lost.
   */
  discardIdle(): void {
    for (const connection of this.#slots.idle()) this.discard({ connection }, 'leave');
  }

  /** Statements that are running may end. The pool can be used again afterwards. */
  async close(): Promise<void> {
    await Promise.all(this.#slots.forgetAll().map((connection) => connection.end()));
  }

  /**
   * `open` has already taken its place among the connections. Null when there is neither a slot nor
   * a place.
   */
  #find(fresh: boolean): Found | null {
    const idle = this.#takeIdle(fresh ? 'discard' : 'use');
    if (idle !== undefined) return this.#slots.add(idle, false);
    if (this.#slots.size + this.#opening < this.#settings.maxConnections) {
      this.#opening += 1;
      return 'open';
    }
    const shared = fresh ? undefined : this.#slots.leastLoaded();
    return shared === undefined ? null : this.#slots.add(shared, false);
  }

  /** Waits behind the requests that came before. */
  async #wait(timeoutMs: number, fresh: boolean): Promise<Found> {
    const turn = Promise.withResolvers<Found>();
    const waiting = { fresh, give: turn.resolve };
    this.#waiting.push(waiting);
    try {
      return await within(turn.promise, timeoutMs);
    } catch (error) {
      const position = this.#waiting.indexOf(waiting);
      if (position >= 0) this.#waiting.splice(position, 1);
      // It was served at the moment of the timeout.
      else this.#giveBack(await turn.promise);
      throw error;
    }
  }

  #giveBack(found: Found): void {
    if (found !== 'open') this.release(found);
    else {
      this.#opening -= 1;
      this.#serveWaiting();
    }
  }

  /** A request that waits for a fresh connection does not delay the requests behind it. */
  #serveWaiting(): void {
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

  /**
   * The idle connection that was used last. Those that were idle for too long are discarded. With
   * `discard` the last one is discarded as well, if only its place allows a new connection.
   */
  #takeIdle(purpose: 'use' | 'discard'): Connection | undefined {
    let last: Connection | undefined;
    for (const connection of this.#slots.idle()) {
      if (elapsedMs(this.#clock, connection.usedAt) > this.#settings.maxIdleMs) this.#drop(connection);
      else last = connection;
    }
    if (purpose === 'use' || last === undefined) return last;
    if (this.#slots.size + this.#opening >= this.#settings.maxConnections) this.#drop(last);
    return undefined;
  }

  /** Unlike `discard`, leaves the place to the caller and not to the requests that wait. */
  #drop(connection: Connection): void {
    this.#slots.forget(connection);
    connection.discard('leave');
  }

  async #open(leftMs: number): Promise<Slot> {
    const onClosed = (closed: Connection): void => {
      if (this.#slots.forget(closed)) this.#serveWaiting();
    };
    try {
      const opening = { clock: this.#clock, leftMs, onClosed };
      return this.#slots.add(await openInTime(this.#address, this.#settings, opening), true);
    } finally {
      this.#opening -= 1;
      this.#serveWaiting();
    }
  }
}
