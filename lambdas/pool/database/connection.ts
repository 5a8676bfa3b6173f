import type { Socket } from 'node:net';
import { type DatabaseAddress, type SignedAddress, signed } from './database-address.ts';
import { createClient, type DriverSettings, type Sql } from './driver-options.ts';
import type { Moment } from './process-clock.ts';
import { cancelSession, openSocket, type SessionKey, type SocketOptions } from './server-socket.ts';
import { isSignInRefused } from './sqlstate-conditions.ts';

/** How long a session may take to end in order, in milliseconds. */
const END_TIMEOUT_MS = 1_000;

/**
 * One session: a client of the driver with one connection, which is never reopened. So each can be
 * discarded without the others, and a statement never runs on a connection that was opened without
 * notice. postgres.js reopens connections itself, without a limit while the server closes them at
 * once, and its first statement on such a connection can stay pending without end.
 */
export class Connection {
  readonly sql: Sql;
  /** When the last answer arrived. */
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
        // Off: the pool limits the opening, and must see its own timeout instead of a driver error.
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

  /**
   * Opens the connection. Resolves when the server has answered one statement, so that a later
   * silence is a slow statement.
   */
  async open(): Promise<void> {
    const { state } = await this.sql.unsafe('SELECT 1');
    const { pid, secret } = state as Partial<SessionKey>;
    this.#key = typeof pid === 'number' && typeof secret === 'number' ? { pid, secret } : null;
  }

  /**
   * Ends the session at once. With `cancel`, the server is also asked to end what it is executing.
   */
  discard(cancel: 'cancel' | 'leave'): void {
    if (cancel === 'cancel' && this.#address !== null && this.#key !== null) cancelSession(this.#address, this.#key);
    this.#isClosed = true;
    this.#destroy();
    // Ends what is still queued. The queued statements report their own failures.
    void this.sql.end({ timeout: 0 }).catch(() => undefined);
  }

  /** Ends the session in order. Statements that are running get a moment to end. */
  async end(): Promise<void> {
    this.#isClosed = true;
    await this.sql.end({ timeout: END_TIMEOUT_MS / 1_000 });
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
  /** Aborted when the caller does not wait for the connection any longer. */
  readonly signal: AbortSignal;
  /** Called when the connection is closed later, by the server or the network. */
  readonly onClosed: (closed: Connection) => void;
}

/**
 * Opens a connection. When the sign-in is refused, the password is read again and tried once more.
 */
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
  { signal, onClosed }: Opening,
): Promise<Connection> {
  const connection = new Connection(address, settings, onClosed);
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
