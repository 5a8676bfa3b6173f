import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** What postgres.js passes to its option `socket`. */
export interface SocketOptions {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path?: string | false;
  readonly ssl?: unknown;
}

/**
 * postgres.js reads these fields of a socket: for the server's name in TLS, and for its error
 * messages.
 */
export type ServerSocket = Socket & { host?: string; port?: number };

/**
 * Connects to the first server of the list that accepts. If none does, rejects with the last error.
 */
export async function openSocket(options: SocketOptions, register: (socket: Socket) => void): Promise<ServerSocket> {
  if (options.path) return established(connect({ path: options.path }), register);
  let failure: unknown;
  for (const [index, host] of options.host.entries()) {
    const port = options.port[index] ?? options.port[0] ?? 5_432;
    try {
      const socket = await established(connect({ host, port, noDelay: true }), register);
      return Object.assign(socket, { host, port });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function established(socket: Socket, register: (socket: Socket) => void): Promise<Socket> {
  register(socket);
  return new Promise((resolve, reject) => {
    const fail = (error?: Error): void => {
      reject(error ?? Object.assign(new Error('The connection was closed.'), { code: 'CONNECTION_CLOSED' }));
    };
    socket.once('error', fail).once('close', () => fail());
    socket.once('connect', () => {
      socket.removeAllListeners('error').removeAllListeners('close');
      resolve(socket);
    });
  });
}

/** Identifies one session in a cancel request. */
export interface SessionKey {
  readonly pid: number;
  readonly secret: number;
}

const CANCEL_REQUEST_CODE = 80_877_102;
const SSL_REQUEST_CODE = 80_877_103;

const message = (...words: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * (words.length + 1));
  for (const [index, word] of [bytes.length, ...words].entries()) bytes.writeInt32BE(word | 0, 4 * index);
  return bytes;
};

/** How long a cancel request may take, in milliseconds. No caller waits for it. */
const CANCEL_TIMEOUT_MS = 1_000;

/**
 * Asks the server to end what a session is executing, so that the statement does not hold its locks
 * after its caller has given up. The server may ignore it: RDS Proxy does, and there the role's
 * `statement_timeout` ends the statement. The driver's `cancel()` is not used, because it drops the
 * promise of its request, and a rejection of that promise ends the process.
 */
export function cancelSession(options: SocketOptions, { pid, secret }: SessionKey): void {
  let raw: Socket | null = null;
  const timer = setTimeout(() => raw?.destroy(), CANCEL_TIMEOUT_MS).unref();
  const send = async (): Promise<void> => {
    const socket = await openSocket(options, (opening) => {
      raw = opening;
    });
    socket.on('error', () => undefined).once('close', () => clearTimeout(timer));
    const request = message(CANCEL_REQUEST_CODE, pid, secret);
    if (!options.ssl) {
      socket.end(request);
      return;
    }
    socket.write(message(SSL_REQUEST_CODE));
    const [agreed] = (await new Promise<Buffer>((resolve) => socket.once('data', resolve))) as Buffer;
    if (agreed !== 'S'.charCodeAt(0)) {
      socket.destroy();
      return;
    }
    const { host } = socket;
    const tls = connectTls({
      socket,
      ...(host === undefined || isIP(host) ? {} : { servername: host }),
      ...(typeof options.ssl === 'object' ? options.ssl : {}),
      ...(options.ssl === 'require' || options.ssl === 'prefer' || options.ssl === 'allow'
        ? { rejectUnauthorized: false }
        : {}),
    });
    tls.on('error', () => undefined).once('secureConnect', () => tls.end(request));
  };
  // If the server cannot be reached, nothing is cancelled, and the next statement reports it.
  void send().catch(() => clearTimeout(timer));
}
