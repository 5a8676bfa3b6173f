import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { HttpSender, type HttpSenderOptions } from '../../../../scripts/performance/load/http-sender.ts';
import { sigV4 } from '../../../../scripts/performance/load/sigv4.ts';

async function answering(listener: RequestListener, options: Partial<HttpSenderOptions> = {}) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/stage`;
  const sender = new HttpSender({ url, timeoutMs: 120_000, ...options });
  const answer = await sender.send({ method: 'POST', path: '/v1/cards', body: { cardNumber: '1' } });
  sender.close();
  server.closeAllConnections();
  server.close();
  return answer;
}

test('paths are appended to the base URL, and the body is sent as JSON', async () => {
  const seen: unknown[] = [];
  const answer = await answering((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.push(request.method, request.url, request.headers['content-type'], Buffer.concat(chunks).toString());
      response.writeHead(201).end('{"cardReferenceId":"1"}');
    });
  });
  expect(seen).toEqual(['POST', '/stage/v1/cards', 'application/json', '{"cardNumber":"1"}']);
  expect(answer).toEqual({ status: 201, error: null, body: { cardReferenceId: '1' } });
});

// The firewall's managed rules block requests without one.
test('every request names a user agent, also when it is signed', async () => {
  const seen: unknown[] = [];
  const listener: RequestListener = (request, response) => {
    seen.push(request.headers['user-agent'], request.headers.authorization?.split(' ')[0]);
    response.end('{}');
  };
  const sign = sigV4('https://a1b2c3.execute-api.us-east-1.amazonaws.com/live', {
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  await answering(listener);
  await answering(listener, { sign });
  expect(seen).toEqual(['card-tokenization-pool', undefined, 'card-tokenization-pool', 'AWS4-HMAC-SHA256']);
});

test('the error of a failure is the code of the problem, or what is missing', async () => {
  expect(await answering((_, response) => response.writeHead(503).end('{"code":"pool-empty"}'))).toMatchObject({
    status: 503,
    error: 'pool-empty',
  });
  expect(await answering((_, response) => response.writeHead(403).end('{"message":"Forbidden"}'))).toMatchObject({
    status: 403,
    error: 'no code',
  });
  expect(await answering((_, response) => response.writeHead(502).end('<html>'))).toMatchObject({
    status: 502,
    error: 'not JSON',
  });
});

test('a closed connection and a timeout give status 0 and the reason', async () => {
  expect(await answering((request) => request.socket.destroy())).toMatchObject({
    status: 0,
    error: 'no answer: ECONNRESET',
  });
  expect(await answering(() => undefined, { timeoutMs: 50 })).toMatchObject({ status: 0, error: 'no answer: timeout' });
});

test('a port without a server gives status 0', async () => {
  const sender = new HttpSender({ url: 'http://127.0.0.1:1' });
  expect(await sender.send({ method: 'GET', path: '/v1/pool' })).toMatchObject({
    status: 0,
    error: 'no answer: ECONNREFUSED',
  });
});
