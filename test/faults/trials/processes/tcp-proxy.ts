import { createServer, type Server, Socket } from 'node:net';

/**
 * How a connection is broken. `cut-answer`: what the client sent is forwarded, and the answer to it never comes back. `black-hole`: nothing
 * is forwarded any more, and after a while the connection is closed. `silence`: the same, and it is never closed.
 */
export type Breakage = 'reset' | 'close' | 'black-hole' | 'silence' | 'cut-answer';

export interface TcpProxy {
  readonly port: number;
  /** How often an answer was cut after its request had gone through: each one is a commit of unknown outcome. */
  readonly cutAnswers: number;
  /** Breaks the next request of some connection that matches; resolves nothing, it happens when it happens. */
  breakNext(how: Breakage, matches: (chunk: Buffer) => boolean): void;
  /** Refuses every connection and resets those there are, until it is called with false. */
  refuse(isDown: boolean): void;
  /** Forwards nothing of any connection, old or new, and keeps them all, until it is called with false. What was sent meanwhile is lost. */
  freeze(isFrozen: boolean): void;
  /** Makes every connection that there is a black hole that is never closed. New ones work. */
  silence(): void;
  close(): Promise<void>;
}

interface Order {
  readonly how: Breakage;
  readonly matches: (chunk: Buffer) => boolean;
}

/** How long a black hole swallows before the connection is closed, in milliseconds. */
const BLACK_HOLE_MS = 1_500;

/** Stands between the product and a server on loopback, and breaks what it is told to break. */
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
      // The server has answered, so it has committed; the client will never know.
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
      // One at a time: what comes after a breakage should have a chance.
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
