import { createServer, type Server, Socket } from 'node:net';

/**
 * How a connection is broken.
 * - `reset`, `close`: at the request, which is not forwarded.
 * - `black-hole`: the request is not forwarded, and the connection is closed after BLACK_HOLE_MS.
 * - `silence`: nothing is forwarded from now on, and the connection stays open.
 * - `cut-answer`: the request is forwarded, and the connection is reset when its answer arrives.
 */
export type Breakage = 'reset' | 'close' | 'black-hole' | 'silence' | 'cut-answer';

export interface TcpProxy {
  readonly port: number;
  /** How many answers were cut after their request was forwarded: commits of unknown outcome. */
  readonly cutAnswers: number;
  /** Breaks a connection at its next matching request. Ignored while another order waits. */
  breakNext(how: Breakage, matches: (chunk: Buffer) => boolean): void;
  /** While true: resets all connections and refuses new ones. */
  refuse(isDown: boolean): void;
  /** While true: forwards no request and keeps all connections open. The requests are lost. */
  freeze(isFrozen: boolean): void;
  /** Forwards nothing from the present connections any more, and keeps them open. New ones work. */
  silence(): void;
  close(): Promise<void>;
}

interface Order {
  readonly how: Breakage;
  readonly matches: (chunk: Buffer) => boolean;
}

const BLACK_HOLE_MS = 1_500;

/** Starts a proxy between the product and a server on loopback. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  let isDown = false;
  let isFrozen = false;
  let cutAnswers = 0;
  const orders: Order[] = [];
  const sockets = new Set<Socket>();
  const silencers = new Set<() => void>();

  const server: Server = createServer({ noDelay: true }, (client) => {
    if (isDown) {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const upstream = new Socket();
    let isCut = false;
    let isSilent = false;
    const silencer = (): void => {
      isSilent = true;
    };
    silencers.add(silencer);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    }
    upstream.connect(targetPort, '127.0.0.1').setNoDelay(true);
    client.on('data', (chunk) => {
      isSilent ||= isFrozen;
      if (isSilent) return;
      const index = orders.findIndex(({ matches }) => matches(chunk));
      const [order] = index < 0 ? [] : orders.splice(index, 1);
      switch (order?.how) {
        case 'reset':
          client.resetAndDestroy();
          upstream.destroy();
          return;
        case 'close':
          client.end();
          upstream.destroy();
          return;
        case 'black-hole':
          setTimeout(() => {
            client.destroy();
            upstream.destroy();
          }, BLACK_HOLE_MS).unref();
          return;
        case 'silence':
          isSilent = true;
          return;
        case 'cut-answer':
          isCut = true;
          break;
        case undefined:
          break;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (!isCut) {
        client.write(chunk);
        return;
      }
      // The server has answered, so it has committed, and the client does not learn it.
      cutAnswers += 1;
      client.resetAndDestroy();
      upstream.destroy();
    });
    client.on('close', () => {
      silencers.delete(silencer);
      upstream.destroy();
    });
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    get cutAnswers() {
      return cutAnswers;
    },
    breakNext: (how, matches) => {
      // One order at a time, so that the requests after a breakage can succeed.
      if (orders.length === 0) orders.push({ how, matches });
    },
    refuse(down) {
      isDown = down;
      if (down) for (const socket of sockets) socket.resetAndDestroy();
    },
    silence() {
      for (const silencer of silencers) silencer();
    },
    freeze(frozen) {
      isFrozen = frozen;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
