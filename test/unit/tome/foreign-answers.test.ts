import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import type { InternalToken } from '../../../lambdas/tokenization/model/internal-token.ts';
import type { Tome, TomeCall } from '../../../lambdas/tokenization/ports/tome.ts';
import { retryAfterSeconds } from '../../../lambdas/tome/client/retry-after.ts';
import type { TomeSettings } from '../../../lambdas/tome/client/tome-client.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import { plainTome } from '../../support/plain-tome.ts';
import { simulatorProfile } from '../../support/tome-profiles.ts';
import { type Act, answers, type ScriptedTome, startScriptedTome } from './scripted-tome.ts';

const card = CardNumber.parse(madeUpCard(1));
const ours = 'internal-token-number-one' as InternalToken;

let server: ScriptedTome;

beforeEach(async () => {
  server = await startScriptedTome();
});

afterEach(() => server.close());

const tomeOver = (settings: Partial<TomeSettings> = {}): Tome =>
  plainTome(server.url, simulatorProfile, {
    settings: { retryRatio: 1, breaker: { failures: 3, openMs: 60_000 }, ...settings },
    random: () => 0,
  });

const live = (): TomeCall => ({
  deadlineMs: systemClock.monotonicMs() + 600_000,
  lane: 'live',
  correlationId: 'test',
});

/** The answer of a proxy, an edge or a sign-in page: no JSON and no request id. */
const page =
  (status: number, headers: Readonly<Record<string, string>> = {}, text = '<html>no</html>'): Act =>
  (response) => {
    response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(text);
  };

/** The same from a proxy that repeats the request's id, as many proxies do. */
const pageWithId =
  (status: number): Act =>
  (response, { requestId }) => {
    response.writeHead(status, { 'content-type': 'text/html', 'x-request-id': requestId }).end('<html>no</html>');
  };

describe('an answer that breaks the contract', () => {
  test.each<[string, Act, string]>([
    ['a redirect', page(302, { location: 'https://sign-in.invalid/' }), 'tome-gateway-answered'],
    ['a permanent redirect', page(308, { location: '/elsewhere' }), 'tome-gateway-answered'],
    ['a redirect with the request id', pageWithId(307), 'tome-gateway-answered'],
    ['a page with 200', page(200), 'tome-gateway-answered'],
    ['an empty 200', page(200, {}, ''), 'tome-gateway-answered'],
    ['a 204', page(204, {}, ''), 'tome-gateway-answered'],
    ['a page with 400', page(400), 'tome-gateway-answered'],
    ['a page with 404', page(404), 'tome-gateway-answered'],
    ['a page with 413', page(413), 'tome-gateway-answered'],
    ['a page with 404 and the request id', pageWithId(404), 'tome-answer-invalid'],
    ['a page with 200 and the request id', pageWithId(200), 'tome-answer-invalid'],
    ['a 409 without a reason', answers(409, {}), 'tome-answer-invalid'],
    ['JSON of the right form without the request id', page(200, {}, '{"token":"x"}'), 'tome-gateway-answered'],
    ['a page with 401', page(401), 'tome-access-denied'],
    ['a page with 403', page(403), 'tome-access-denied'],
    ['a page with 407', page(407), 'tome-access-denied'],
    ['a 403 with the request id', pageWithId(403), 'tome-access-denied'],
    ['a page with 408', page(408), 'tome-outcome-unknown'],
    ['a page with 502', page(502), 'tome-outcome-unknown'],
    ['a page with 503', page(503), 'tome-outcome-unknown'],
    ['a page with 504', page(504), 'tome-outcome-unknown'],
    ['a page with 429', page(429), 'tome-rate-limited'],
    ['an empty 429', page(429, {}, ''), 'tome-rate-limited'],
    ['a 429 with the request id', pageWithId(429), 'tome-rate-limited'],
  ])('%s has its own error code, and one request may have reached TOME', async (_name, act, code) => {
    server.script(act);
    await expect(tomeOver().ns1.tokenize(card, ours, live())).rejects.toMatchObject({
      code,
      retryable: true,
      attempts: 1,
    });
    expect(server.paths).toEqual(['/v1/namespaces/ns1/tokenize']);
  });

  test.each([page(307, { location: '/v1/namespaces/ns1/tokenize' }), page(403), page(404), page(413)])(
    'a request is not repeated after a refusal that a retry cannot change (%#)',
    async (act) => {
      server.script(act);
      await expect(tomeOver({ maxAttempts: 3 }).ns1.lookup(card, live())).rejects.toThrow();
      expect(server.paths).toHaveLength(1);
    },
  );

  test.each([page(408), page(502), page(503), page(504)])(
    'a request is repeated after a temporary error (%#)',
    async (act) => {
      server.script(act, answers(200, { token: ours }));
      expect(await tomeOver({ maxAttempts: 3 }).ns1.lookup(card, live())).toBe(ours);
    },
  );

  test('a 429 whose body never ends counts as rate limiting', async () => {
    server.script((response) => {
      response.writeHead(429, { 'retry-after': '7' }).write('<html>');
    });
    await expect(tomeOver().ns1.lookup(card, live())).rejects.toMatchObject({
      code: 'tome-rate-limited',
      retryAfterSeconds: 7,
    });
  });

  test('a 429 without a request id keeps the breaker closed', async () => {
    server.script(page(429));
    const tome = tomeOver();
    for (let call = 0; call < 10; call += 1) await expect(tome.ns1.lookup(card, live())).rejects.toThrow();
    tome.ns1.assertAdmits('lookup', live());
  });
});

describe('the breaker', () => {
  const other = (serial: number): CardNumber => CardNumber.parse(madeUpCard(serial));

  test.each<[string, Act]>([
    ['403', page(403)],
    ['a page', page(404)],
    ['500', page(500)],
    ['no JSON', pageWithId(200)],
  ])('stays closed while one item alone fails with %s, and opens when several items do', async (_n, act) => {
    server.script(act);
    const tome = tomeOver();
    for (let call = 0; call < 10; call += 1) await expect(tome.ns1.lookup(card, live())).rejects.toThrow();
    tome.ns1.assertAdmits('lookup', live());
    for (const serial of [2, 3]) await expect(tome.ns1.lookup(other(serial), live())).rejects.toThrow();
    expect(() => tome.ns1.assertAdmits('lookup', live())).toThrow(expect.objectContaining({ attempts: 0 }));
  });

  test('opens when the same request fails with 503, because TOME is the cause', async () => {
    server.script(page(503));
    const tome = tomeOver();
    for (let call = 0; call < 3; call += 1) await expect(tome.ns1.lookup(card, live())).rejects.toThrow();
    expect(() => tome.ns1.assertAdmits('lookup', live())).toThrow(expect.objectContaining({ attempts: 0 }));
  });

  test.each<[string, Act, (tome: Tome) => Promise<unknown>, string]>([
    [
      'a stored source that is not a card number',
      answers(200, { source: '501800000009' }),
      (tome) => tome.ns1.detokenize(ours, live()),
      'stored-card-unacceptable',
    ],
    [
      'a stored source that is null',
      answers(200, { source: null }),
      (tome) => tome.ns1.detokenize(ours, live()),
      'stored-card-unacceptable',
    ],
    [
      'an internal token of 5 characters',
      answers(200, { token: 'short' }),
      (tome) => tome.ns1.lookup(card, live()),
      'internal-token-unacceptable',
    ],
    [
      'an internal token of 500 characters',
      answers(200, { token: 'x'.repeat(500) }),
      (tome) => tome.ns1.lookup(card, live()),
      'internal-token-unacceptable',
    ],
    [
      'a reference of 17 digits',
      answers(200, { token: '91234567890123456' }),
      (tome) => tome.ns2.lookup(ours, live()),
      'reference-unacceptable',
    ],
    [
      'a reference that is a JSON number, which can lose digits',
      answers(200, { token: 8_123_456_789_012_345 }),
      (tome) => tome.ns2.lookup(ours, live()),
      'reference-unacceptable',
    ],
    [
      'an existing reference of 17 digits',
      answers(409, { error: 'already-bound', token: '91234567890123456' }),
      (tome) => tome.ns2.tokenize(ours, '9123456789012345' as never, live()),
      'reference-unacceptable',
    ],
    [
      'a refusal of the request',
      answers(400, { error: 'bad-request' }),
      (tome) => tome.ns1.lookup(card, live()),
      'tome-request-refused',
    ],
  ])('stays closed after %s, and the call is not retried', async (_name, act, ask, code) => {
    server.script(act);
    const tome = tomeOver({ maxAttempts: 3, breaker: { failures: 1, openMs: 60_000 } });
    for (let call = 0; call < 5; call += 1) {
      await expect(ask(tome)).rejects.toMatchObject({ code, retryable: false, attempts: 1 });
    }
    expect(server.paths).toHaveLength(5);
  });
});

describe('Retry-After', () => {
  const date = 'Fri, 27 Nov 2026 10:00:00 GMT';

  test.each<[Readonly<Record<string, string>>, number | null]>([
    [{}, null],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': ' 12 ' }, 12],
    [{ 'retry-after': '86400' }, 60],
    [{ 'retry-after': '1.5' }, null],
    [{ 'retry-after': '-3' }, null],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '' }, null],
    [{ 'retry-after': 'Fri, 27 Nov 2026 10:00:09 GMT', date }, 9],
    [{ 'retry-after': 'Friday, 27-Nov-26 10:00:09 GMT', date }, 9],
    [{ 'retry-after': 'Fri, 27 Nov 2026 09:59:00 GMT', date }, 0],
    [{ 'retry-after': 'Sat, 28 Nov 2026 10:00:00 GMT', date }, 60],
    [{ 'retry-after': 'Fri, 99 Nov 2026 10:00:09 GMT', date }, null],
  ])('of %j is %j seconds, compared with the Date of the answer and not with this clock', (headers, seconds) => {
    expect(retryAfterSeconds(headers)).toBe(seconds);
  });

  test('of a 503 is passed to the caller when it is beyond the deadline', async () => {
    server.script(page(503, { 'retry-after': '9' }));
    await expect(
      tomeOver({ maxAttempts: 3 }).ns1.lookup(card, { ...live(), deadlineMs: systemClock.monotonicMs() + 5_000 }),
    ).rejects.toMatchObject({ code: 'tome-outcome-unknown', retryAfterSeconds: 9, attempts: 1 });
    expect(server.paths).toHaveLength(1);
  });
});
