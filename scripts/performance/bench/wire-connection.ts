import { connect, type Socket } from 'node:net';

/**
 * An address and its user. The password is sent in clear text, on loopback, to a server of this run
 * only.
 */
export interface WireAddress {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** The columns of the last row of a result, as text. */
export type WireRow = readonly (string | null)[];

/**
 * A minimal client for the protocol of PostgreSQL: prepared statements, binary parameters, and only
 * the last row is parsed. The server is measured, so the client must not be the limit.
 */
export class WireConnection {
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #row: WireRow | null = null;
  #failure: string | null = null;
  #settle: { resolve: (row: WireRow | null) => void; reject: (error: Error) => void } | null = null;

  private constructor(socket: Socket, password: string) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk, password));
    socket.on('close', () => this.#settle?.reject(new Error('The server closed the connection.')));
    socket.on('error', (error) => this.#settle?.reject(error));
  }

  static async open({ port, user, password, database }: WireAddress): Promise<WireConnection> {
    const socket = connect(port, '127.0.0.1');
    const connection = new WireConnection(socket, password);
    const startup = Buffer.from(`\0\0\0\0\0\x03\0\0user\0${user}\0database\0${database}\0\0`, 'latin1');
    startup.writeInt32BE(startup.length, 0);
    await connection.#send(startup);
    return connection;
  }

  async prepare(name: string, text: string): Promise<void> {
    await this.#send(Buffer.concat([message('P', cString(name), cString(text), Buffer.from([0, 0])), message('S')]));
  }

  /** Executes a prepared statement with binary parameters. Rejects with the server's message. */
  execute(name: string, parameters: readonly Buffer[]): Promise<WireRow | null> {
    const values = parameters.flatMap((value) => [int32(value.length), value]);
    return this.#send(
      Buffer.concat([
        message(
          'B',
          Buffer.from([0]),
          cString(name),
          int16(1),
          int16(1),
          int16(parameters.length),
          ...values,
          int16(0),
        ),
        EXECUTE_AND_SYNC,
      ]),
    );
  }

  close(): void {
    this.#settle = null;
    this.#socket.end(message('X'));
  }

  #send(bytes: Buffer): Promise<WireRow | null> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(bytes);
    });
  }

  #receive(chunk: Buffer, password: string): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let offset = 0;
    while (bytes.length - offset >= 5) {
      const end = offset + 1 + bytes.readInt32BE(offset + 1);
      if (bytes.length < end) break;
      this.#take(bytes[offset] as number, bytes.subarray(offset + 5, end), password);
      offset = end;
    }
    this.#rest = bytes.subarray(offset);
  }

  #take(type: number, body: Buffer, password: string): void {
    switch (String.fromCharCode(type)) {
      case 'R':
        if (body.readInt32BE(0) === 3) this.#socket.write(message('p', cString(password)));
        else if (body.readInt32BE(0) !== 0) this.#failure = 'The server requires another authentication method.';
        break;
      case 'D':
        this.#row = columnsOf(body);
        break;
      case 'E':
        this.#failure = body.toString('utf8').replaceAll('\0', ' ');
        break;
      case 'Z': {
        const [settle, row, failure] = [this.#settle, this.#row, this.#failure];
        this.#settle = null;
        this.#row = null;
        this.#failure = null;
        if (failure === null) settle?.resolve(row);
        else settle?.reject(new Error(failure));
      }
    }
  }
}

function columnsOf(body: Buffer): WireRow {
  const columns: (string | null)[] = [];
  let offset = 2;
  for (let left = body.readInt16BE(0); left > 0; left -= 1) {
    const length = body.readInt32BE(offset);
    offset += 4;
    columns.push(length < 0 ? null : body.toString('latin1', offset, offset + length));
    offset += Math.max(0, length);
  }
  return columns;
}

const cString = (text: string): Buffer => Buffer.from(`${text}\0`, 'utf8');

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Encodes a bigint parameter. */
export function int64(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type, 'latin1'), int32(body.length + 4), body]);
}

const EXECUTE_AND_SYNC = Buffer.concat([message('E', Buffer.from([0]), int32(0)), message('S')]);
