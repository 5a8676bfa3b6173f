import type { Connection } from './connection.ts';
import type { Moment } from './process-clock.ts';

/** The right to send one piece of work on a connection, until it is released. */
export interface Slot {
  readonly connection: Connection;
  /** The connection was just opened, so the server has answered on it a moment ago. */
  readonly isFresh: boolean;
  /** Other work was running on the connection, and this work waits for it. */
  readonly isShared: boolean;
}

/** How many pieces of work may be sent on one connection before further work waits. */
const MAX_SLOTS = 32;

/** The open connections, each with the slots of its work in the order of sending. */
export class ConnectionSlots {
  /** The connection that was used last is at the end. */
  readonly #slots = new Map<Connection, Slot[]>();

  /** The number of open connections. */
  get size(): number {
    return this.#slots.size;
  }

  add(connection: Connection, isFresh: boolean): Slot {
    const slots = this.#slots.get(connection) ?? [];
    const slot = { connection, isFresh, isShared: slots.length > 0 };
    slots.push(slot);
    this.#slots.set(connection, slots);
    return slot;
  }

  /** Ends the slot. Returns false if its connection was discarded before. */
  remove(slot: Slot, usedAt: Moment): boolean {
    const { connection } = slot;
    const slots = this.#slots.get(connection);
    if (slots === undefined) return false;
    const position = slots.indexOf(slot);
    if (position >= 0) slots.splice(position, 1);
    connection.usedAt = usedAt;
    this.#slots.delete(connection);
    if (!connection.isClosed) this.#slots.set(connection, slots);
    return true;
  }

  /** Whether everything that was sent before it on its connection has been answered. */
  isNext(slot: Slot): boolean {
    return this.#slots.get(slot.connection)?.[0] === slot;
  }

  /** Forgets a connection. Returns false if it was not known. */
  forget(connection: Connection): boolean {
    return this.#slots.delete(connection);
  }

  /** Forgets all connections, and returns them. */
  forgetAll(): readonly Connection[] {
    const connections = [...this.#slots.keys()];
    this.#slots.clear();
    return connections;
  }

  /**
   * The connections without work, that which was used last at the end. The caller may change the
   * slots meanwhile.
   */
  *idle(): Generator<Connection> {
    for (const [connection, slots] of this.#slots) if (slots.length === 0) yield connection;
  }

  /** The connection with the least work, if it may get more. */
  leastLoaded(): Connection | undefined {
    let least: readonly [Connection, number] | undefined;
    for (const [connection, { length }] of this.#slots) {
      if (least === undefined || length < least[1]) least = [connection, length];
    }
    return least === undefined || least[1] >= MAX_SLOTS ? undefined : least[0];
  }
}
