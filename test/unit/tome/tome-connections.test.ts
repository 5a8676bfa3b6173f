import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import type { InternalToken } from '../../../lambdas/tokenization/model/internal-token.ts';
import type { Clock } from '../../../lambdas/tokenization/ports/clock.ts';
import type { Tome, TomeCall } from '../../../lambdas/tokenization/ports/tome.ts';
import type { TomeSettings } from '../../../lambdas/tome/client/tome-client.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import { plainTome } from '../../support/plain-tome.ts';
import { simulatorProfile } from '../../support/tome-profiles.ts';

const card = CardNumber.parse(madeUpCard(1));
const ours = 'internal-token-number-one' as InternalToken;

/** The system clock plus an offset: a frozen process sees such a jump when it continues. */
class MovableClock implements Clock {
  #aheadMs = 0;
  readonly sleep = systemClock.sleep;

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#aheadMs;
  }

  advance(durationMs: number): void {
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
  plainTome(baseUrl, simulatorProfile, {
    settings: { retryRatio: 1, breaker: { failures: 50, openMs: 60_000 }, ...settings },
    clock,
    random: () => 0,
  });

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

describe('before the request is written', () => {
  /** A TCP server that does not speak HTTP, and keeps what it receives. */
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

  test('a TLS handshake without an answer counts no attempt, although it takes the whole timeout', async () => {
    const { port, text } = await rawServer(() => undefined);
    const tome = tomeAt(`https://127.0.0.1:${port}`, { attemptTimeoutMs: 300 });
    await expect(tome.ns1.tokenize(card, ours, live())).rejects.toMatchObject(unsent);
    expect(text()).not.toContain('POST');
    expect(text()).not.toContain(card.reveal());
  });

  test('a TLS handshake that is answered with plain HTTP counts no attempt', async () => {
    const { port } = await rawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(tomeAt(`https://127.0.0.1:${port}`).ns1.tokenize(card, ours, live())).rejects.toMatchObject(unsent);
  });

  test('a TLS handshake that is reset counts no attempt', async () => {
    const { port } = await rawServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    await expect(tomeAt(`https://127.0.0.1:${port}`).ns1.tokenize(card, ours, live())).rejects.toMatchObject(unsent);
  });

  test('a host name that does not exist counts no attempt', async () => {
    await expect(tomeAt('http://tome.invalid').ns1.tokenize(card, ours, live())).rejects.toMatchObject(unsent);
  });

  test('a refused connection counts no attempt', async () => {
    const { port } = await rawServer(() => undefined);
    for (const close of closing.splice(0)) await close();
    await expect(tomeAt(`http://127.0.0.1:${port}`).ns1.tokenize(card, ours, live())).rejects.toMatchObject(unsent);
  });

  test('a request that cannot be written counts no attempt, and keeps the breaker closed', async () => {
    const { port } = await rawServer(() => undefined);
    const tome = tomeAt(`http://127.0.0.1:${port}`, { breaker: { failures: 1, openMs: 60_000 } });
    const call = { ...live(), correlationId: 'two\nlines' };
    await expect(tome.ns1.tokenize(card, ours, call)).rejects.toMatchObject(unsent);
    tome.ns1.assertAdmits('tokenize', live());
  });

  test('a request that was written counts, although the connection was then reset', async () => {
    const { port, text } = await rawServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    await expect(tomeAt(`http://127.0.0.1:${port}`).ns1.tokenize(card, ours, live())).rejects.toMatchObject({
      code: 'tome-outcome-unknown',
      attempts: 1,
    });
    expect(text()).toContain('POST');
  });
});

describe('a reused connection', () => {
  /** Answers the first request of each connection, and calls `later` for the others. */
  async function singleAnswerTome(later: (socket: Socket) => void) {
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

  /** Waits until the connections of earlier answers are idle. */
  const idle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

  test.each<[string, (socket: Socket) => void]>([
    ['reset', (socket) => socket.resetAndDestroy()],
    ['closed', (socket) => socket.destroy()],
  ])('that was %s costs no attempt, no retry and no failure of the breaker', async (_name, later) => {
    const { url, connections } = await singleAnswerTome(later);
    const tome = tomeAt(url, { maxAttempts: 1, retryRatio: 0, breaker: { failures: 1, openMs: 60_000 } });
    for (let call = 0; call < 8; call += 1) {
      expect(await tome.ns1.lookup(card, live())).toBe(ours);
      await idle();
    }
    expect(connections()).toBe(8);
  });

  test('that gives no answer takes at most half of the time that is left', async () => {
    const { url } = await singleAnswerTome(() => undefined);
    const tome = tomeAt(url, { attemptTimeoutMs: 60_000, breaker: { failures: 1, openMs: 60_000 } });
    await tome.ns1.lookup(card, live());
    await idle();
    expect(await tome.ns1.lookup(card, live(6_000))).toBe(ours);
    tome.ns1.assertAdmits('lookup', live());
  });

  test('that is lost after the request was written counts as a request that may reach TOME', async () => {
    const { url } = await singleAnswerTome((socket) => socket.resetAndDestroy());
    const tome = tomeAt(url);
    await tome.ns1.lookup(card, live());
    await idle();
    expect(await tome.ns1.tokenize(card, ours, live())).toEqual({ token: ours, isNew: true, attempts: 2 });
  });

  test('that gives no answer closes all idle connections', async () => {
    const { url, connections } = await singleAnswerTome(() => undefined);
    const tome = tomeAt(url, { attemptTimeoutMs: 3_000 });
    await Promise.all([1, 2, 3, 4].map(() => tome.ns1.lookup(card, live())));
    expect(connections()).toBe(4);
    await idle();
    for (let call = 0; call < 3; call += 1) {
      expect(await tome.ns1.tokenize(card, ours, live())).toMatchObject({ attempts: call === 0 ? 2 : 1 });
      // Longer than a connection may be idle, so that each call opens a new one.
      clock.advance(5_000);
    }
  });

  test('that was idle for over 4 s, for example while the process was frozen, is not used', async () => {
    const { url, connections } = await singleAnswerTome(() => undefined);
    const tome = tomeAt(url);
    for (let call = 0; call < 3; call += 1) {
      expect(await tome.ns1.tokenize(card, ours, live())).toMatchObject({ attempts: 1 });
      await idle();
      clock.advance(4_001);
    }
    expect(connections()).toBe(3);
  });

  test('is not used for a prefetch, which must not be sent twice', async () => {
    const { url, connections } = await singleAnswerTome((socket) => socket.resetAndDestroy());
    const tome = tomeAt(url);
    await tome.ns1.lookup(card, live());
    await idle();
    expect(await tome.ns1.prefetch(5, live())).toEqual({ tokens: [], unusable: [] });
    expect(connections()).toBe(2);
  });
});
