import type { Socket } from 'node:net';
import { type DatabaseAddress, type SignedAddress, signed } from './database-address.ts';
import { createClient, type DriverSettings, type Sql } from './driver-options.ts';
import { cancelSession, openSocket, type SessionKey, type SocketOptions } from './server-socket.ts';
import { isSignInRefused } from './sqlstate-conditions.ts';

/** How long a session that ends in order may take to say so, in milliseconds. */
const GOODBYE_MS = 1_000;

/** A time by both clocks of the process. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/**
 * One session: a client of the driver with one connection, which is never made again. So each can be thrown away without its
 * neighbours, and a statement never runs on a connection that was opened unseen: postgres.js opens its connections again by
 * itself, without a limit while the server closes them at once, and its first statement on such a connection can stay
 * pending for ever.
 */
export class Connection {
  readonly sql: Sql;
  /** When its last answer came. */
  usedAt: Moment = { monotonicMs: 0, wallMs: 0 };
  #isClosed = false;
  #sockets: Socket[] = [];
  #address: SocketOptions | null = null;
  #key: SessionKey | null = null;

  constructor(
    address: SignedAddress,
    settings: Pick<DriverSettings, 'prepare'>,
    onClosed: (closed: Connection) => void,
  ) {
    this.sql = createClient(
      address,
      { ...settings, maxConnections: 1 },
      {
        // The pool bounds the opening, and has to see that the time was up rather than an error of the driver.
        connect_timeout: 0,
        socket: (options: SocketOptions) => this.#open(options),
        onclose: () => {
          this.#isClosed = true;
          onClosed(this);
        },
      },
    );
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves when the server has answered a statement, so that whatever is slow afterwards is a statement and not the server. */
  async open(): Promise<void> {
    const { state } = await this.sql.unsafe('SELECT 1');
    const { pid, secret } = state as Partial<SessionKey>;
    this.#key = typeof pid === 'number' && typeof secret === 'number' ? { pid, secret } : null;
  }

  /** Ends the session at once. With `cancel`, the server is asked to end what it is executing too. */
  discard(cancel: 'cancel' | 'leave'): void {
    if (cancel === 'cancel' && this.#address !== null && this.#key !== null) cancelSession(this.#address, this.#key);
    this.#isClosed = true;
    this.#destroy();
    // Takes what is still queued to its end. Its statements report their own failures.
    void this.sql.end({ timeout: 0 }).catch(() => undefined);
  }

  /** Lets what is under way end, for a moment. */
  async end(): Promise<void> {
    this.#isClosed = true;
    await this.sql.end({ timeout: GOODBYE_MS / 1_000 });
    this.#destroy();
  }

  async #open(options: SocketOptions): Promise<Socket> {
    if (this.#isClosed || this.#address !== null) {
      throw Object.assign(new Error('The connection was closed.'), { code: 'CONNECTION_CLOSED' });
    }
    this.#address = options;
    return openSocket(options, (socket) => this.#sockets.push(socket));
  }

  #destroy(): void {
    for (const socket of this.#sockets.splice(0)) socket.destroy();
  }
}

interface Opening {
  /** Aborted when the connection is not waited for any longer. */
  readonly signal: AbortSignal;
  /** Called when the connection closes by itself later. */
  readonly forget: (closed: Connection) => void;
}

/** Opens a connection. A refused sign-in is tried once more with a password that was read anew, where the address keeps one. */
export async function openConnection(
  address: DatabaseAddress,
  settings: Pick<DriverSettings, 'prepare'>,
  opening: Opening,
): Promise<Connection> {
  try {
    return await openOnce(await signed(address), settings, opening);
  } catch (error) {
    if (typeof address === 'string' || address.forgetPassword === undefined) throw error;
    if (!isSignInRefused(error) || opening.signal.aborted) throw error;
    address.forgetPassword();
    return openOnce(await signed(address), settings, opening);
  }
}

async function openOnce(
  address: SignedAddress,
  settings: Pick<DriverSettings, 'prepare'>,
  { signal, forget }: Opening,
): Promise<Connection> {
  const connection = new Connection(address, settings, forget);
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
