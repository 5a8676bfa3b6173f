import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../../lambdas/runtime/system-clock.ts';
import { TokenEndpoint } from '../../../../lambdas/tome/client/authentication/token-endpoint.ts';
import { TomeConnections } from '../../../../lambdas/tome/client/tome-connections.ts';
import { type Act, resets, type ScriptedTome, startScriptedTome, staysSilent } from '../scripted-tome.ts';

const SECRET = 'hunter2:Pa55 word/+%é';
const client = { clientId: 'card domain:x', clientSecret: SECRET };

let server: ScriptedTome;
let bodies: string[];

beforeEach(async () => {
  server = await startScriptedTome();
  bodies = [];
});

afterEach(() => server.close());

const sends =
  (status: number, text: string, headers: Readonly<Record<string, string>> = {}): Act =>
  (response, { body }) => {
    bodies.push(body);
    response.writeHead(status, headers).end(text);
  };

const issues = sends(200, JSON.stringify({ access_token: 'first-token', token_type: 'Bearer', expires_in: 60 }));

const endpoint = (lines: Partial<ConstructorParameters<typeof TokenEndpoint>[0]> = {}): TokenEndpoint =>
  new TokenEndpoint(
    { kind: 'oauth2', sendsCredentialIn: 'authorization-header', ...lines },
    new TomeConnections(server.url, systemClock, { server: 'The token endpoint' }),
    '/oauth2/token',
  );

test('the client authenticates with its form-encoded id and secret in the header Authorization', async () => {
  server.script(issues);
  expect(await endpoint({ scope: 'tome.tokens tome.bulk' }).request(client)).toEqual({
    token: 'first-token',
    lifetimeMs: 60_000,
  });
  expect(server.paths).toEqual(['/oauth2/token']);
  expect(server.headers[0]).toMatchObject({
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  });
  expect(bodies).toEqual(['grant_type=client_credentials&scope=tome.tokens+tome.bulk']);
  const [, encoded = ''] = /^Basic (.+)$/.exec(server.headers[0]?.authorization ?? '') ?? [];
  expect(Buffer.from(encoded, 'base64').toString()).toBe('card+domain%3Ax:hunter2%3APa55+word%2F%2B%25%C3%A9');
});

test('the client sends its id and secret in the body where the profile says so', async () => {
  server.script(issues);
  await endpoint({ sendsCredentialIn: 'body', audience: 'https://tome' }).request(client);
  expect(server.headers[0]?.authorization).toBeUndefined();
  expect(Object.fromEntries(new URLSearchParams(bodies[0]))).toEqual({
    grant_type: 'client_credentials',
    audience: 'https://tome',
    client_id: client.clientId,
    client_secret: client.clientSecret,
  });
});

test.each<[string, Act, string, string]>([
  [
    '400 with a code',
    sends(400, '{"error":"invalid_scope"}'),
    'refused',
    'The token endpoint answered 400 invalid_scope.',
  ],
  ['401', sends(401, '{"error":"invalid_client"}'), 'refused', 'The token endpoint answered 401.'],
  ['403', sends(403, '<html>'), 'refused', 'The token endpoint answered 403.'],
  ['503', sends(503, ''), 'no-answer', 'The token endpoint answered 503.'],
  ['a redirect', sends(302, '', { location: '/' }), 'invalid-answer', 'The token endpoint answered 302.'],
  ['404', sends(404, '<html>'), 'invalid-answer', 'The token endpoint answered 404.'],
  [
    'a page with 200',
    sends(200, '<html>sign in</html>'),
    'invalid-answer',
    'The token endpoint answered 200 without a usable token.',
  ],
  [
    'a body of 3 MB',
    sends(200, `"${'x'.repeat(3_000_000)}"`),
    'invalid-answer',
    'The token endpoint sent an answer that is too long.',
  ],
  ['a reset', resets, 'no-answer', 'The token endpoint did not answer: ECONNRESET.'],
  ['silence', staysSilent, 'no-answer', 'The token endpoint did not answer in time.'],
])('%s gives no token, and the reason says why', async (_name, act, outcome, message) => {
  server.script(act);
  await expect(endpoint().request(client)).rejects.toMatchObject({ outcome, message });
});

test('a 429 says how long to wait', async () => {
  server.script(sends(429, '', { 'retry-after': '9' }));
  await expect(endpoint().request(client)).rejects.toMatchObject({ outcome: 'no-answer', retryAfterSeconds: 9 });
});

test('a token endpoint without a server is not reached', async () => {
  await server.close();
  await expect(endpoint().request(client)).rejects.toMatchObject({
    outcome: 'no-answer',
    message: 'The token endpoint could not be reached: ECONNREFUSED.',
  });
  server = await startScriptedTome();
});

test.each<[string, Act]>([
  ['echoes the request in a refusal', (response, { body }) => response.writeHead(400).end(body)],
  ['echoes the header in an answer', (response, { headers }) => response.writeHead(200).end(headers.authorization)],
  ['resets the connection', resets],
])('an error contains nothing of the secret when the server %s', async (_name, act) => {
  server.script(act);
  const failure: unknown = await endpoint({ sendsCredentialIn: 'body' })
    .request(client)
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Error);
  const printed = inspect(failure, { showHidden: true, depth: 9 }) + JSON.stringify(failure);
  for (const part of ['hunter2', 'card domain', encodeURIComponent(client.clientId)]) {
    expect(printed).not.toContain(part);
  }
});
