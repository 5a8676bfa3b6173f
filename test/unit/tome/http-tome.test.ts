import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import type { InternalToken } from '../../../lambdas/tokenization/model/internal-token.ts';
import type { Tome, TomeCall } from '../../../lambdas/tokenization/ports/tome.ts';
import { createHttpTome } from '../../../lambdas/tome/client/http-tome.ts';
import { type ObservedCall, TomeClient, type TomeSettings } from '../../../lambdas/tome/client/tome-client.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import { JumpingClock } from '../../support/jumping-clock.ts';
import {
  type Act,
  answers,
  echoes,
  resets,
  type ScriptedTome,
  startScriptedTome,
  staysSilent,
  truncates,
} from './scripted-tome.ts';

const card = CardNumber.parse(madeUpCard(1));
const ours = 'internal-token-number-one' as InternalToken;
const other = 'internal-token-number-two';
const bound = answers(200, { token: ours, isNew: true });

const SETTINGS: TomeSettings = {
  baseUrl: '',
  attemptTimeoutMs: 120_000,
  maxAttempts: 3,
  backoffBaseMs: 2,
  backoffCapMs: 8,
  retryRatio: 1,
  breaker: { failures: 50, openMs: 60_000 },
  batchCallsPerSecond: 5_000,
  liveCallsPerSecond: 0,
};

/**
 * How long a silent attempt is waited for, by the process's own clock; all other waits are the
 * jumping clock's.
 */
const SILENCE_MS = 3_000;

let server: ScriptedTome;
let clock: JumpingClock;
let observed: ObservedCall[];

beforeEach(async () => {
  server = await startScriptedTome();
  clock = new JumpingClock();
  observed = [];
});

afterEach(() => server.close());

const tomeOver = (settings: Partial<TomeSettings> = {}): Tome =>
  createHttpTome(
    new TomeClient({
      settings: { ...SETTINGS, baseUrl: server.url, ...settings },
      clock,
      random: () => 0.5,
      onCall: (call) => observed.push(call),
    }),
  );

const live = (timeMs = 600_000): TomeCall => ({
  deadlineMs: clock.monotonicMs() + timeMs,
  lane: 'live',
  correlationId: 'test',
});
const batch = (): TomeCall => ({ ...live(), lane: 'batch' });
const outcomes = (): readonly string[] => observed.map(({ outcome }) => outcome);

/** A port that nobody listens on. */
async function abandonedUrl(): Promise<string> {
  const gone = await startScriptedTome();
  await gone.close();
  return gone.url;
}

describe("TOME's definitive word", () => {
  test('a 200 with another token than asked is the token that stands', async () => {
    server.script(answers(200, { token: other, isNew: false }));
    expect(await tomeOver().ns1.tokenize(card, ours, live())).toEqual({ token: other, isNew: false, attempts: 1 });
  });

  test('a 409 that names the standing token is the same answer', async () => {
    server.script(answers(409, { error: 'already-bound', token: other }));
    expect(await tomeOver().ns1.tokenize(card, ours, live())).toEqual({ token: other, isNew: false, attempts: 1 });
  });

  test('a token that another source has is refused at once and not asked for again', async () => {
    server.script(answers(409, { error: 'token-taken' }));
    await expect(tomeOver().ns1.tokenize(card, ours, live())).rejects.toMatchObject({
      code: 'tome-token-taken',
      attempts: 1,
    });
    expect(server.paths).toHaveLength(1);
  });

  test('a 404 is nothing found, and says nothing about the health of TOME', async () => {
    server.script(answers(404, { error: 'not-found' }));
    const tome = tomeOver({ breaker: { failures: 1, openMs: 60_000 } });
    expect(await tome.ns1.lookup(card, live())).toBeNull();
    expect(await tome.ns1.detokenize(ours, live())).toBeNull();
    tome.ns1.assertAdmits('lookup', live());
  });

  test('a refusal under a status that the contract does not give it is believed by nobody', async () => {
    server.script(answers(404, { error: 'already-bound', token: other }));
    await expect(tomeOver({ maxAttempts: 1 }).ns1.tokenize(card, ours, live())).rejects.toMatchObject({
      code: 'tome-answer-invalid',
    });
  });

  test('a request that TOME blames is not sent again and does not open the breaker', async () => {
    server.script(answers(400, { error: 'bad-request' }));
    const tome = tomeOver({ breaker: { failures: 1, openMs: 60_000 } });
    await expect(tome.ns1.tokenize(card, ours, live())).rejects.toMatchObject({
      code: 'tome-request-refused',
      retryable: false,
      attempts: 1,
    });
    expect(server.paths).toHaveLength(1);
    tome.ns1.assertAdmits('tokenize', live());
  });
});

describe('an answer that says less than it should', () => {
  const refusal = { code: 'tome-answer-invalid', attempts: 1 };

  test('bulk results for another number of items belong to nobody', async () => {
    server.script(answers(200, { results: [{ outcome: 'failed' }] }));
    const items = [
      { source: card, token: ours },
      { source: card, token: ours },
    ];
    await expect(tomeOver({ maxAttempts: 1 }).ns1.bulkTokenize(items, live())).rejects.toMatchObject(refusal);
  });
});

describe('after a 429', () => {
  const busy = answers(429, { error: 'rate-limited' }, { 'retry-after': '60' });
  const lookup = (tome: Tome, lane: TomeCall['lane']) => tome.ns1.lookup(card, { ...live(59_000), lane });

  test('batch work of that operation makes room, and nothing else does', async () => {
    server.script(busy, answers(200, { token: ours }));
    const tome = tomeOver();
    await expect(lookup(tome, 'batch')).rejects.toMatchObject({ code: 'tome-rate-limited' });
    await expect(lookup(tome, 'batch')).rejects.toMatchObject({ code: 'tome-budget-spent', attempts: 0 });
    expect(await lookup(tome, 'live')).toBe(ours);
    server.script(answers(404, { error: 'not-found' }));
    expect(await tome.ns1.detokenize(ours, { ...live(), lane: 'batch' })).toBeNull();
  });

  test('live calls are not held back, even where they have a budget', async () => {
    server.script(busy, answers(200, { token: ours }));
    const tome = tomeOver({ liveCallsPerSecond: 1_000 });
    await expect(lookup(tome, 'live')).rejects.toMatchObject({ code: 'tome-rate-limited' });
    expect(await lookup(tome, 'live')).toBe(ours);
  });
});

describe('the request', () => {
  test('every attempt has a request id of its own', async () => {
    server.script(answers(503, {}), bound);
    await tomeOver().ns1.tokenize(card, ours, live());
    expect(new Set(server.requestIds).size).toBe(2);
  });

  test('no card number stands in a path', async () => {
    server.script(bound);
    await tomeOver().ns1.tokenize(card, ours, live());
    expect(server.paths).toEqual(['/v1/namespaces/ns1/tokenize']);
  });

  test.each(['/tome', '/tome/'])('the path of the base URL %s is kept', async (path) => {
    server.script(bound);
    await tomeOver({ baseUrl: `${server.url}${path}` }).ns1.tokenize(card, ours, live());
    expect(server.paths).toEqual(['/tome/v1/namespaces/ns1/tokenize']);
  });
});

describe('what is sent again', () => {
  test.each([
    ['5xx', answers(503, {})],
    ['reset', resets],
    ['truncated answer', truncates({ token: ours, isNew: true })],
    ["somebody else's answer", answers(200, { token: other, isNew: true }, { 'x-request-id': 'another' })],
    ['HTML', answers(200, '<html></html>')],
  ])('after one %s the same is asked again, and both requests are counted', async (_name, act) => {
    server.script(act, bound);
    expect(await tomeOver().ns1.tokenize(card, ours, live())).toEqual({
      token: ours,
      isNew: true,
      attempts: 2,
    });
    expect(server.paths).toHaveLength(2);
  });

  test('after silence the same is asked again, and both requests are counted', async () => {
    server.script(staysSilent, bound);
    const tome = tomeOver({ attemptTimeoutMs: SILENCE_MS });
    expect(await tome.ns1.tokenize(card, ours, live())).toEqual({ token: ours, isNew: true, attempts: 2 });
    expect(server.paths).toHaveLength(2);
  });

  test('an unknown outcome stays unknown when the last attempt was refused with 429', async () => {
    server.script(resets, answers(429, { error: 'rate-limited' }, { 'retry-after': '0' }));
    await expect(tomeOver().ns1.tokenize(card, ours, live())).rejects.toMatchObject({
      code: 'tome-outcome-unknown',
      attempts: 3,
    });
  });

  test('a Retry-After that does not fit the deadline is passed on instead of waited out', async () => {
    server.script(answers(429, { error: 'rate-limited' }, { 'retry-after': '47' }));
    const startedMs = clock.monotonicMs();
    await expect(tomeOver().ns1.lookup(card, live(46_000))).rejects.toMatchObject({
      code: 'tome-rate-limited',
      retryAfterSeconds: 47,
      attempts: 1,
    });
    expect(clock.monotonicMs()).toBe(startedMs);
  });

  test('a Retry-After that fits is waited out', async () => {
    server.script(answers(429, { error: 'rate-limited' }, { 'retry-after': '1' }), answers(200, { token: ours }));
    const startedMs = clock.monotonicMs();
    expect(await tomeOver().ns1.lookup(card, live())).toBe(ours);
    expect(clock.monotonicMs() - startedMs).toBeGreaterThanOrEqual(1_000);
  });

  test.each(['soon', ''])('a Retry-After of "%s" counts as one whole second', async (header) => {
    server.script(answers(429, { error: 'rate-limited' }, header === '' ? {} : { 'retry-after': header }));
    await expect(tomeOver({ maxAttempts: 1 }).ns1.lookup(card, live())).rejects.toMatchObject({ retryAfterSeconds: 1 });
  });

  test.each([
    ['5xx', answers(503, {})],
    ['reset', resets],
    ['truncated answer', truncates({ tokens: [] })],
    ['answer without tokens', answers(200, {})],
  ])('a prefetch that ended in a %s is never sent again', async (_name, act) => {
    server.script(act);
    await expect(tomeOver().ns1.prefetch(5, batch())).rejects.toMatchObject({ attempts: 1 });
    expect(server.paths).toHaveLength(1);
  });

  test('a prefetch that was refused with 429 is sent again', async () => {
    server.script(
      answers(429, { error: 'rate-limited' }, { 'retry-after': '0' }),
      answers(200, { tokens: [{ token: ours }] }),
    );
    expect(await tomeOver().ns1.prefetch(1, batch())).toEqual({ tokens: [{ token: ours, expiresAt: null }], odd: [] });
  });

  test('when the share of retries is used up, one request is all there is', async () => {
    server.script(answers(503, {}));
    const tome = tomeOver({ retryRatio: 0, breaker: { failures: 1_000, openMs: 1 } });
    for (let call = 0; call < 20; call += 1) await expect(tome.ns1.lookup(card, live())).rejects.toThrow();
    expect(server.paths.length).toBeLessThanOrEqual(23);
  });

  test('calls that were never sent earn no retries', async () => {
    const tome = tomeOver({ retryRatio: 0.5, maxAttempts: 10 });
    for (let call = 0; call < 200; call += 1) await expect(tome.ns1.lookup(card, live(-1))).rejects.toThrow();
    server.script(answers(503, {}));
    await expect(tome.ns1.lookup(card, live())).rejects.toThrow();
    expect(server.paths.length).toBeLessThanOrEqual(4);
  });
});

describe('what certainly never reached TOME', () => {
  test('a connection that nobody took counts no attempt, for it carried no request', async () => {
    const tome = tomeOver({ baseUrl: await abandonedUrl() });
    await expect(tome.ns1.tokenize(card, ours, live())).rejects.toMatchObject({
      code: 'tome-unavailable',
      attempts: 0,
    });
    expect(observed).toHaveLength(3);
  });

  test('it is tried again even for prefetch', async () => {
    const tome = tomeOver({ baseUrl: await abandonedUrl() });
    await expect(tome.ns1.prefetch(5, batch())).rejects.toMatchObject({ attempts: 0 });
    expect(observed).toHaveLength(3);
  });

  test('it opens the breaker all the same', async () => {
    const tome = tomeOver({ baseUrl: await abandonedUrl(), breaker: { failures: 3, openMs: 60_000 } });
    await expect(tome.ns1.tokenize(card, ours, live())).rejects.toThrow();
    expect(() => tome.ns1.assertAdmits('tokenize', live())).toThrow(
      expect.objectContaining({ attempts: 0, retryAfterSeconds: 60 }),
    );
  });

  test('a reset that came before counts, and leaves the outcome unknown', async () => {
    server.script((response) => {
      response.destroy();
      void server.close();
    });
    await expect(
      tomeOver({ backoffBaseMs: 100, backoffCapMs: 100 }).ns1.tokenize(card, ours, live()),
    ).rejects.toMatchObject({
      code: 'tome-outcome-unknown',
      attempts: 1,
    });
  });

  test('a deadline that has passed sends nothing', async () => {
    await expect(tomeOver().ns1.tokenize(card, ours, live(-1))).rejects.toMatchObject({
      code: 'tome-unavailable',
      attempts: 0,
    });
    expect(server.paths).toEqual([]);
  });

  test('an open breaker sends nothing, and only for its own operation and namespace', async () => {
    server.script(answers(503, {}));
    const tome = tomeOver({ maxAttempts: 1, breaker: { failures: 2, openMs: 60_000 } });
    for (let call = 0; call < 2; call += 1) await expect(tome.ns1.tokenize(card, ours, live())).rejects.toThrow();
    await expect(tome.ns1.tokenize(card, ours, live())).rejects.toMatchObject({
      code: 'tome-unavailable',
      attempts: 0,
    });
    expect(server.paths).toHaveLength(2);
    tome.ns2.assertAdmits('tokenize', live());
    tome.ns1.assertAdmits('lookup', live());
  });

  test('a budget that is spent after a 429 ends in what TOME said', async () => {
    server.script(answers(429, { error: 'rate-limited' }, { 'retry-after': '0' }));
    // One call in a thousand seconds, so that the second one's turn comes after the deadline.
    const call: TomeCall = { ...live(), lane: 'batch' };
    await expect(tomeOver({ batchCallsPerSecond: 0.001 }).ns1.lookup(card, call)).rejects.toMatchObject({
      code: 'tome-rate-limited',
      attempts: 1,
    });
  });
});

describe('what opens the breaker', () => {
  test.each([
    ['HTML', answers(200, '<html></html>')],
    ["somebody else's answer", answers(200, { token: other, isNew: true }, { 'x-request-id': 'another' })],
    ['an answer without a token', answers(200, { isNew: true })],
    ['an endless answer', answers(200, { token: ours, isNew: true, padding: 'x'.repeat(2_100_000) })],
  ])('%s does, as an answer outside the contract', async (_name, act) => {
    server.script(act);
    const tome = tomeOver({ maxAttempts: 1, breaker: { failures: 1, openMs: 60_000 } });
    await expect(tome.ns1.tokenize(card, ours, live())).rejects.toMatchObject({
      code: 'tome-answer-invalid',
      attempts: 1,
    });
    expect(outcomes()).toEqual(['tome-answer-invalid']);
    expect(() => tome.ns1.assertAdmits('tokenize', live())).toThrow();
  });

  test('an attempt that had its whole time does', async () => {
    server.script(staysSilent);
    const tome = tomeOver({ attemptTimeoutMs: SILENCE_MS, maxAttempts: 1, breaker: { failures: 1, openMs: 60_000 } });
    await expect(tome.ns1.lookup(card, live())).rejects.toMatchObject({ code: 'tome-outcome-unknown' });
    expect(() => tome.ns1.assertAdmits('lookup', live())).toThrow();
  });

  test('an attempt that the deadline cut short does not: TOME had no chance', async () => {
    server.script(staysSilent);
    const tome = tomeOver({ maxAttempts: 1, breaker: { failures: 1, openMs: 60_000 } });
    await expect(tome.ns1.lookup(card, live(SILENCE_MS))).rejects.toMatchObject({
      code: 'tome-outcome-unknown',
      attempts: 1,
    });
    tome.ns1.assertAdmits('lookup', live());
  });

  test('a 429 does not', async () => {
    server.script(answers(429, { error: 'rate-limited' }, { 'retry-after': '0' }));
    const tome = tomeOver({ breaker: { failures: 1, openMs: 60_000 } });
    await expect(tome.ns1.lookup(card, live())).rejects.toMatchObject({ code: 'tome-rate-limited', attempts: 3 });
    tome.ns1.assertAdmits('lookup', live());
  });

  test('an observer that fails does not: it is told once, and its error is not taken for an outcome of TOME', async () => {
    server.script(answers(200, { token: ours }));
    let told = 0;
    const client = new TomeClient({
      settings: { ...SETTINGS, baseUrl: server.url, breaker: { failures: 1, openMs: 60_000 } },
      clock,
      random: () => 0.5,
      onCall() {
        told += 1;
        throw new RangeError('metrics');
      },
    });
    const tome = createHttpTome(client);
    await expect(tome.ns1.lookup(card, live())).rejects.toThrow(RangeError);
    expect(told).toBe(1);
    tome.ns1.assertAdmits('lookup', live());
  });
});

const DISCLOSING: readonly (readonly [string, Act])[] = [
  ['200', echoes(200)],
  ['404', echoes(404)],
  ['409', echoes(409)],
  ['500', echoes(500)],
  ['200 of another request', answers(200, card.reveal(), { 'x-request-id': card.reveal() })],
  [
    '200 that is not JSON',
    (response, { requestId, body }) => response.writeHead(200, { 'x-request-id': requestId }).end(`${body}<`),
  ],
  ['token that is the card number', answers(200, { token: card.reveal(), isNew: true })],
  ['409 that names the card number', answers(409, { error: 'already-bound', token: card.reveal() })],
  ['reset', resets],
  ['silence', staysSilent],
];

test.each(DISCLOSING)('no error after a %s shows the card number, however it is looked at', async (_name, act) => {
  server.script(act);
  const error: unknown = await tomeOver({ maxAttempts: 2, attemptTimeoutMs: SILENCE_MS / 3 })
    .ns1.tokenize(card, ours, live())
    .then(
      () => null,
      (failure: unknown) => failure,
    );
  expect(error).toBeInstanceOf(Error);
  const seen = [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), (error as Error).stack].join(
    '\n',
  );
  expect(seen).not.toContain(card.reveal());
  expect(JSON.stringify(observed)).not.toContain(card.reveal());
});
