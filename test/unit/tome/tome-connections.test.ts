import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import type { InternalToken } from '../../../lambdas/tokenization/model/internal-token.ts';
import type { Clock } from '../../../lambdas/tokenization/ports/clock.ts';
import type { Tome, TomeCall } from '../../../lambdas/tokenization/ports/tome.ts';
import { createHttpTome } from '../../../lambdas/tome/client/http-tome.ts';
import { TomeClient, type TomeSettings } from '../../../lambdas/tome/client/tome-client.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';

const card = CardNumber.parse(madeUpCard(1));
const ours = 'internal-token-number-one' as InternalToken;

/** The process's clock, moved on at will: what a freeze looks like to the thawed process. */
class MovableClock implements Clock {
  #aheadMs = 0;
  readonly sleep = systemClock.sleep;

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#aheadMs;
  }

  moveOn(durationMs: number): void {
    this.#aheadMs += durationMs;
  }
}

let clock: MovableClock;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(() => {
  clock = new MovableClock();
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const tomeAt = (baseUrl: string, settings: Partial<TomeSettings> = {}): Tome =>
  createHttpTome(
    new TomeClient({
      settings: {
        baseUrl,
        attemptTimeoutMs: 120_000,
        maxAttempts: 1,
        backoffBaseMs: 1,
        backoffCapMs: 1,
        retryRatio: 1,
        breaker: { failures: 50, openMs: 60_000 },
        batchCallsPerSecond: 5_000,
        liveCallsPerSecond: 0,
        ...settings,
      },
      clock,
      random: () => 0,
    }),
  );

const live = (timeMs = 60_000): TomeCall => ({
  deadlineMs: clock.monotonicMs() + timeMs,
  lane: 'live',
  correlationId: 'test',
});

async function listening(server: Server | HttpServer): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

describe('what fails before the request is written counts no attempt', () => {
  /** A server that is no HTTP server; what it receives is kept. */
  async function rawServer(onConnection: (socket: Socket) => void) {
    const received: Buffer[] = [];
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).on('data', (chunk) => received.push(chunk));
      onConnection(socket);
    });
    const port = await listening(server);
    closing.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    });
    return { port, text: () => Buffer.concat(received).toString('latin1') };
  }

  const unsent = { code: 'tome-unavailable', attempts: 0 };

  test('a TLS handshake that is never answered, although it takes the whole attempt', async () => {
    const { port, text } = await rawServer(() => undefined);
    const tome = tomeAt(`https://127.0.0.1:${port}`, { attemptTimeoutMs: 300 });
    await expect(tome.ns1.tokenize(card, ours, live())).rejects.toMatchObject(unsent);
    expect(text()).not.toContain('POST');
    expect(text()).not.toContain(card.reveal());
  });

  test('a TLS handshake that is answered with something else', async () => {
    const { port } = await rawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(tomeAt(`https://127.0.0.1:${port}`).ns1.tokenize(card, ours, live())).rejects.toMatchObject(unsent);
  });

  test('a TLS handshake that is broken off', async () => {
    const { port } = await rawServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    await expect(tomeAt(`https://127.0.0.1:${port}`).ns1.tokenize(card, ours, live())).rejects.toMatchObject(unsent);
  });

  test('a name that does not exist', async () => {
    await expect(tomeAt('http://tome.invalid').ns1.tokenize(card, ours, live())).rejects.toMatchObject(unsent);
  });

  test('a port that nobody listens on', async () => {
    const { port } = await rawServer(() => undefined);
    for (const close of closing.splice(0)) await close();
    await expect(tomeAt(`http://127.0.0.1:${port}`).ns1.tokenize(card, ours, live())).rejects.toMatchObject(unsent);
  });

  test('a request that cannot be written, which says nothing about TOME and keeps the breaker closed', async () => {
    const { port } = await rawServer(() => undefined);
    const tome = tomeAt(`http://127.0.0.1:${port}`, { breaker: { failures: 1, openMs: 60_000 } });
    const call = { ...live(), correlationId: 'two\nlines' };
    await expect(tome.ns1.tokenize(card, ours, call)).rejects.toMatchObject(unsent);
    tome.ns1.assertAdmits('tokenize', live());
  });

  test('a connection that was made and then reset has been written to, and counts', async () => {
    const { port, text } = await rawServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    await expect(tomeAt(`http://127.0.0.1:${port}`).ns1.tokenize(card, ours, live())).rejects.toMatchObject({
      code: 'tome-outcome-unknown',
      attempts: 1,
    });
    expect(text()).toContain('POST');
  });
});

describe('a kept connection', () => {
  /** Answers the first request of each connection; `later` decides what becomes of the others. */
  async function forgetfulTome(later: (socket: Socket) => void) {
    const seen = new Map<Socket, number>();
    const server = createHttpServer({ keepAliveTimeout: 600_000 }, (request, response) => {
      const requests = (seen.get(request.socket) ?? 0) + 1;
      seen.set(request.socket, requests);
      request.resume().once('end', () => {
        if (requests > 1) return later(request.socket);
        const headers = { 'x-request-id': String(request.headers['x-request-id']) };
        const body = request.url?.endsWith('prefetch') === true ? { tokens: [] } : { token: ours, isNew: true };
        response.writeHead(200, headers).end(JSON.stringify(body));
      });
    });
    const port = await listening(server);
    closing.push(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    });
    return { url: `http://127.0.0.1:${port}`, connections: () => seen.size };
  }

  /** Until the answers before have left their connections free. */
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

  test.each<[string, (socket: Socket) => void]>([
    ['reset', (socket) => socket.resetAndDestroy()],
    ['closed', (socket) => socket.destroy()],
  ])('that is %s costs no attempt of the call, no retry and no failure of the breaker', async (_name, later) => {
    const { url, connections } = await forgetfulTome(later);
    const tome = tomeAt(url, { maxAttempts: 1, retryRatio: 0, breaker: { failures: 1, openMs: 60_000 } });
    for (let call = 0; call < 8; call += 1) {
      expect(await tome.ns1.lookup(card, live())).toBe(ours);
      await settled();
    }
    expect(connections()).toBe(8);
  });

  test('that is silent costs at most half of the time that is left, even where an attempt may take all of it', async () => {
    const { url } = await forgetfulTome(() => undefined);
    const tome = tomeAt(url, { attemptTimeoutMs: 60_000, breaker: { failures: 1, openMs: 60_000 } });
    await tome.ns1.lookup(card, live());
    await settled();
    expect(await tome.ns1.lookup(card, live(6_000))).toBe(ours);
    tome.ns1.assertAdmits('lookup', live());
  });

  test('that was sent on and lost still counts as a request that may arrive', async () => {
    const { url } = await forgetfulTome((socket) => socket.resetAndDestroy());
    const tome = tomeAt(url);
    await tome.ns1.lookup(card, live());
    await settled();
    expect(await tome.ns1.tokenize(card, ours, live())).toEqual({ token: ours, isNew: true, attempts: 2 });
  });

  test('of which one was silent is not tried after the others: all of them are given up', async () => {
    const { url, connections } = await forgetfulTome(() => undefined);
    const tome = tomeAt(url, { attemptTimeoutMs: 3_000 });
    await Promise.all([1, 2, 3, 4].map(() => tome.ns1.lookup(card, live())));
    expect(connections()).toBe(4);
    await settled();
    for (let call = 0; call < 3; call += 1) {
      expect(await tome.ns1.tokenize(card, ours, live())).toMatchObject({ attempts: call === 0 ? 2 : 1 });
      // A new connection each time, so that none of the dead ones could be met again.
      clock.moveOn(5_000);
    }
  });

  test('that was idle for long is not used again, by times that go on while a process is frozen', async () => {
    const { url, connections } = await forgetfulTome(() => undefined);
    const tome = tomeAt(url);
    for (let call = 0; call < 3; call += 1) {
      expect(await tome.ns1.tokenize(card, ours, live())).toMatchObject({ attempts: 1 });
      await settled();
      clock.moveOn(4_001);
    }
    expect(connections()).toBe(3);
  });

  test('is never used for a prefetch, which must not be sent twice', async () => {
    const { url, connections } = await forgetfulTome((socket) => socket.resetAndDestroy());
    const tome = tomeAt(url);
    await tome.ns1.lookup(card, live());
    await settled();
    expect(await tome.ns1.prefetch(5, live())).toEqual({ tokens: [], odd: [] });
    expect(connections()).toBe(2);
  });
});
