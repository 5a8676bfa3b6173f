import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { routeNames } from '../../lambdas/function-names.ts';
import type { RouteName } from '../../lambdas/functions.ts';
import { MAX_BODY_BYTES } from '../../lambdas/runtime/http/parse-body.ts';
import { VOCABULARIES } from '../../lambdas/vocabulary.ts';
import { type ApiFunction, startGateway } from '../../scripts/local/gateway.ts';
import { startLocalQueue } from '../../scripts/local/local-queue.ts';
import { startSimulator } from '../../scripts/simulator/simulator.ts';

interface Server {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers every route with the body of the request. */
const echo: ApiFunction = async (event) => ({ statusCode: 200, body: JSON.stringify({ body: event.body }) });
const functions = Object.fromEntries(routeNames().map((name) => [name, echo])) as Readonly<
  Record<RouteName, ApiFunction>
>;

const STARTS: Readonly<Record<string, () => Promise<Server>>> = {
  'the local gateway': () =>
    startGateway({ port: 0, functions, vocabulary: VOCABULARIES.card, sideRoute: async () => null }),
  'the TOME simulator': () => startSimulator(),
  'the local queue': () => startLocalQueue(),
};

interface Answer {
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

/**
 * Opens a connection, calls `write`, and returns what the server sends until it closes the
 * connection.
 */
function rawExchange(url: string, write: (socket: Socket) => void): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => write(socket));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined).on('close', () => resolve(text));
  });
}

/** The answers of one connection, in order. */
function answersIn(text: string): readonly Answer[] {
  const answers: Answer[] = [];
  let rest = text;
  for (;;) {
    const match = /^HTTP\/1\.1 (\d{3})[^\r]*\r\n((?:[^\r]+\r\n)*)\r\n/.exec(rest);
    if (match === null) return answers;
    const [head, status, headers = ''] = match;
    const length = Number(/^content-length: (\d+)/im.exec(headers)?.[1] ?? 0);
    answers.push({ status: Number(status), headers, body: rest.slice(head.length, head.length + length) });
    rest = rest.slice(head.length + length);
  }
}

async function ask(url: string, bytes: string): Promise<Answer> {
  const [answer] = answersIn(await rawExchange(url, (socket) => socket.write(Buffer.from(bytes, 'latin1'))));
  return answer ?? { status: 0, headers: '', body: 'no answer' };
}

const expectProblem = ({ headers, body }: Answer): void => {
  expect(headers.toLowerCase()).toContain('content-type: application/problem+json');
  expect(JSON.parse(body)).toMatchObject({ title: expect.any(String), code: expect.any(String) });
};

const get = (target: string, more = ''): string =>
  `GET ${target} HTTP/1.1\r\nHost: x\r\n${more}Connection: close\r\n\r\n`;

const MALFORMED: readonly (readonly [what: string, bytes: string, statuses: readonly number[]])[] = [
  ['two slashes', get('//'), [400, 404]],
  ['two slashes before a host and a route', get('//elsewhere/v1/pool'), [400, 404]],
  ['an unclosed IPv6 host', get('http://[::1/'), [400]],
  ['a broken percent escape', get('/%zz'), [400, 404]],
  ['a route with an encoded letter', get('/v1/%70ool'), [400, 404]],
  ['a route with a dot segment', get('/v1/./pool'), [400, 404]],
  ['another scheme', get('javascript:alert(1)'), [400]],
  ['an asterisk', `OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, [400, 404]],
  ['CONNECT', 'CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere:443\r\n\r\n', [400]],
  ['a target of 20,000 characters', get(`/${'a'.repeat(20_000)}`), [400]],
  ['raw bytes in the target', get('/\xff\xfe\x80'), [400, 404]],
  ['a control character in the target', get('/a\x01b'), [400]],
  ['a space in the target', get('/a b'), [400]],
  ['two Host headers', get('/', 'Host: y\r\n'), [400]],
  ['no Host header', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', [400]],
  ['two lengths', get('/', 'Content-Length: 1\r\nContent-Length: 2\r\n'), [400]],
  ['a length and chunks', get('/', 'Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'), [400]],
  ['a negative length', get('/', 'Content-Length: -1\r\n'), [400]],
  ['a broken chunk', `POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`, [400]],
  ['no HTTP at all', 'hello\r\n\r\n', [400]],
  ['the start of a TLS connection', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', [400]],
  ['the start of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]],
  ['an unknown method', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', [400]],
  ['200,000 bytes of headers', get('/', `X-Long: ${'a'.repeat(200_000)}\r\n`), [431]],
  ['another expectation', get('/', 'Expect: a-miracle\r\n'), [417]],
];

describe.each(Object.entries(STARTS))('%s', (name, start) => {
  let server: Server;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.close());

  // The errors of SQS's protocol are not problem documents.
  test.each(MALFORMED)(
    'answers %s with a problem document and not with an internal error',
    async (_what, bytes, statuses) => {
      const answer = await ask(server.url, bytes);
      if (name === 'the local queue') {
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.status).toBeLessThan(500);
        return;
      }
      expect(statuses).toContain(answer.status);
      if (answer.status !== 404 || name === 'the local gateway') expectProblem(answer);
    },
  );

  test('ignores a request to upgrade the protocol, and answers the request itself', async () => {
    const answer = await ask(server.url, get('/nothing', 'Upgrade: websocket\r\n').replace('close', 'Upgrade, close'));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });

  test('answers 413 with the limit to a body that is too large and arrives in pieces', async () => {
    const bytes = 11 * 1_024 * 1_024;
    const text = await rawExchange(server.url, (socket) => {
      socket.write(`POST /v1/cards HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${bytes}\r\n\r\n`);
      socket.write('x'.repeat(bytes));
    });
    const [answer] = answersIn(text);
    expect(answer?.status).toBe(413);
    expect(answer?.body).toMatch(/must be at most \d+ bytes/);
  });

  test('refuses a body that is too large before it is sent, when the client expects 100 Continue', async () => {
    const answer = await ask(
      server.url,
      `POST /v1/cards HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${2 ** 30}\r\n\r\n`,
    );
    expect(answer.status).toBe(413);
  });

  test('still answers after clients have reset connections in the middle of a body or a header', async () => {
    const output = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    for (const part of ['POST /v1/cards HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"card', 'POST /v1/car']) {
      await rawExchange(server.url, (socket) => {
        socket.write(part, () => socket.resetAndDestroy());
      });
    }
    expect((await ask(server.url, get('/nothing'))).status).toBeGreaterThanOrEqual(400);
    expect(output).not.toHaveBeenCalled();
    output.mockRestore();
  });
});

describe('the local gateway', () => {
  test('answers pipelined requests in order, and a malformed one after them last', async () => {
    const slow: ApiFunction = async (event) => {
      await new Promise((resolve) => setTimeout(resolve, event.body === '1' ? 200 : 0));
      return { statusCode: 200, body: String(event.body) };
    };
    const gateway = await startGateway({
      port: 0,
      functions: { ...functions, 'create-card': slow },
      vocabulary: VOCABULARIES.card,
      sideRoute: async () => null,
    });
    const post = (body: string) => `POST /v1/cards HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n${body}`;
    const text = await rawExchange(gateway.url, (socket) => socket.write(`${post('1')}${post('2')}nonsense\r\n\r\n`));
    expect(answersIn(text).map(({ status, body }) => (status === 200 ? body : status))).toEqual(['1', '2', 400]);
    await gateway.close();
  });

  test('passes the complete body to the function, so that the function can name its smaller limit', async () => {
    const gateway = await startGateway({
      port: 0,
      functions,
      vocabulary: VOCABULARIES.card,
      sideRoute: async () => null,
    });
    const body = 'x'.repeat(40 * MAX_BODY_BYTES);
    const answer = await fetch(`${gateway.url}/v1/cards`, { method: 'POST', body });
    expect(await answer.json()).toEqual({ body });
    await gateway.close();
  });

  test('sends 100 Continue to a client that waits for it', async () => {
    const gateway = await startGateway({
      port: 0,
      functions,
      vocabulary: VOCABULARIES.card,
      sideRoute: async () => null,
    });
    const text = await rawExchange(gateway.url, (socket) => {
      socket.write(
        'POST /v1/cards HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n',
      );
      socket.once('data', () => socket.write('{}'));
    });
    expect(answersIn(text).map(({ status }) => status)).toEqual([100, 200]);
    await gateway.close();
  });

  test.each([
    ['headers', 'POST /v1/cards HTTP/1.1\r\nHost: x\r\n'],
    ['a body', 'POST /v1/cards HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{'],
  ])('answers 408 to a client that never finishes %s', async (_what, part) => {
    const gateway = await startGateway({
      port: 0,
      functions,
      vocabulary: VOCABULARIES.card,
      sideRoute: async () => null,
      requestTimeoutMs: 100,
    });
    const answer = await ask(gateway.url, part);
    expect(answer.status).toBe(408);
    expectProblem(answer);
    await gateway.close();
  });

  test('accepts a target in absolute form, and does not serve a path with two slashes', async () => {
    const gateway = await startGateway({
      port: 0,
      functions,
      vocabulary: VOCABULARIES.card,
      sideRoute: async () => null,
    });
    expect((await ask(gateway.url, get('http://x/v1/pool?a=1'))).status).toBe(200);
    expect((await ask(gateway.url, get('//x/v1/pool'))).status).toBe(404);
    await gateway.close();
  });
});
