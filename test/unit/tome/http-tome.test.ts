import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withDistinctTexts } from '../../../lambdas/tokenization/distinct-texts.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import type { InternalToken } from '../../../lambdas/tokenization/model/internal-token.ts';
import type { Tome, TomeCall } from '../../../lambdas/tokenization/ports/tome.ts';
import type { ObservedCall } from '../../../lambdas/tome/client/attempt-sender.ts';
import { createHttpTome } from '../../../lambdas/tome/client/http-tome.ts';
import { TomeClient, type TomeSettings } from '../../../lambdas/tome/client/tome-client.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import { JumpingClock } from '../../support/jumping-clock.ts';
import { simulatorProfile } from '../../support/tome-profiles.ts';
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
 * How long a silent attempt lasts, by the process's clock. All other waits are of the jumping
 * clock.
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
      profile: simulatorProfile,
      clock,
      random: () => 0.5,
      onCall: (call) => observed.push(call),
    }),
    simulatorProfile,
  );

const live = (timeMs = 600_000): TomeCall => ({
  deadlineMs: clock.monotonicMs() + timeMs,
  lane: 'live',
  correlationId: 'test',
});
const batch = (): TomeCall => ({ ...live(), lane: 'batch' });
const outcomes = (): readonly string[] => observed.map(({ outcome }) => outcome);

/** The URL of a server that has closed. */
async function closedUrl(): Promise<string> {
  const gone = await startScriptedTome();
  await gone.close();
  return gone.url;
}

describe('an answer of TOME', () => {
  test('that the token is bound to another source is final, and the request is not repeated', async () => {
    server.script(answers(409, { error: 'token-taken' }));
    await expect(tomeOver().ns1.tokenize(card, ours, live())).rejects.toMatchObject({
      code: 'tome-token-taken',
      attempts: 1,
    });
    expect(server.paths).toHaveLength(1);
  });

  test('of 404 means that nothing was found, and keeps the breaker closed', async () => {
    server.script(answers(404, { error: 'not-found' }));
    const tome = tomeOver({ breaker: { failures: 1, openMs: 60_000 } });
    expect(await tome.ns1.lookup(card, live())).toBeNull();
    expect(await tome.ns1.detokenize(ours, live())).toBeNull();
    tome.ns1.assertAdmits('lookup', live());
  });

  test('with a refusal under the wrong status is invalid', async () => {
    server.script(answers(404, { error: 'already-bound', token: other }));
    await expect(tomeOver({ maxAttempts: 1 }).ns1.tokenize(card, ours, live())).rejects.toMatchObject({
      code: 'tome-answer-invalid',
    });
  });

  test('with fewer bulk results than items is invalid', async () => {
    server.script(answers(200, { results: [{ outcome: 'failed' }] }));
    const items = [
      { source: card, token: ours },
      { source: card, token: ours },
    ];
    await expect(tomeOver({ maxAttempts: 1 }).ns1.bulkTokenize(items, live())).rejects.toMatchObject({
      code: 'tome-answer-invalid',
      attempts: 1,
    });
  });
});

describe('after a 429', () => {
  const busy = answers(429, { error: 'rate-limited' }, { 'retry-after': '60' });
  const lookup = (tome: Tome, lane: TomeCall['lane']) => tome.ns1.lookup(card, { ...live(59_000), lane });

  test('batch calls of that operation slow down, and no other calls do', async () => {
    server.script(busy, answers(200, { token: ours }));
    const tome = tomeOver();
    await expect(lookup(tome, 'batch')).rejects.toMatchObject({ code: 'tome-rate-limited' });
    await expect(lookup(tome, 'batch')).rejects.toMatchObject({ code: 'tome-budget-spent', attempts: 0 });
    expect(await lookup(tome, 'live')).toBe(ours);
    server.script(answers(404, { error: 'not-found' }));
    expect(await tome.ns1.detokenize(ours, { ...live(), lane: 'batch' })).toBeNull();
  });

  test('live calls do not slow down, even with a rate limit', async () => {
    server.script(busy, answers(200, { token: ours }));
    const tome = tomeOver({ liveCallsPerSecond: 1_000 });
    await expect(lookup(tome, 'live')).rejects.toMatchObject({ code: 'tome-rate-limited' });
    expect(await lookup(tome, 'live')).toBe(ours);
  });
});

describe('the request', () => {
  test('has a new request id in each attempt', async () => {
    server.script(answers(503, {}), bound);
    await tomeOver().ns1.tokenize(card, ours, live());
    expect(new Set(server.requestIds).size).toBe(2);
  });

  test('contains no card number in its path', async () => {
    server.script(bound);
    await tomeOver().ns1.tokenize(card, ours, live());
    expect(server.paths).toEqual(['/v1/namespaces/ns1/tokenize']);
  });

  test.each(['/tome', '/tome/'])('is sent below the path %s of the base URL', async (path) => {
    server.script(bound);
    await tomeOver({ baseUrl: `${server.url}${path}` }).ns1.tokenize(card, ours, live());
    expect(server.paths).toEqual(['/tome/v1/namespaces/ns1/tokenize']);
  });
});

describe('retries', () => {
  test.each([
    ['5xx', answers(503, {})],
    ['reset', resets],
    ['truncated answer', truncates({ token: ours, isNew: true })],
    ['answer to another request', answers(200, { token: other, isNew: true }, { 'x-request-id': 'another' })],
    ['HTML', answers(200, '<html></html>')],
  ])('after one %s the request is repeated, and both requests are counted', async (_name, act) => {
    server.script(act, bound);
    expect(await tomeOver().ns1.tokenize(card, ours, live())).toEqual({
      token: ours,
      isNew: true,
      attempts: 2,
    });
    expect(server.paths).toHaveLength(2);
  });

  test('after a timeout the request is repeated, and both requests are counted', async () => {
    server.script(staysSilent, bound);
    const tome = tomeOver({ attemptTimeoutMs: SILENCE_MS });
    expect(await tome.ns1.tokenize(card, ours, live())).toEqual({ token: ours, isNew: true, attempts: 2 });
    expect(server.paths).toHaveLength(2);
  });

  test('when every attempt fails, the error counts all requests that may have reached TOME', async () => {
    server.script(answers(503, {}));
    await expect(tomeOver().ns1.tokenize(card, ours, live())).rejects.toMatchObject({
      code: 'tome-outcome-unknown',
      attempts: 3,
    });
  });

  test('an unknown outcome stays unknown when TOME answers 429 to the last attempt', async () => {
    server.script(resets, answers(429, { error: 'rate-limited' }, { 'retry-after': '0' }));
    await expect(tomeOver().ns1.tokenize(card, ours, live())).rejects.toMatchObject({
      code: 'tome-outcome-unknown',
      attempts: 3,
    });
  });

  test('a Retry-After beyond the deadline ends the call at once and is passed to the caller', async () => {
    server.script(answers(429, { error: 'rate-limited' }, { 'retry-after': '47' }));
    const startedMs = clock.monotonicMs();
    await expect(tomeOver().ns1.lookup(card, live(46_000))).rejects.toMatchObject({
      code: 'tome-rate-limited',
      retryAfterSeconds: 47,
      attempts: 1,
    });
    expect(clock.monotonicMs()).toBe(startedMs);
  });

  test('a Retry-After within the deadline delays the retry', async () => {
    server.script(answers(429, { error: 'rate-limited' }, { 'retry-after': '1' }), answers(200, { token: ours }));
    const startedMs = clock.monotonicMs();
    expect(await tomeOver().ns1.lookup(card, live())).toBe(ours);
    expect(clock.monotonicMs() - startedMs).toBeGreaterThanOrEqual(1_000);
  });

  test.each(['soon', ''])('a Retry-After of "%s" counts as one second', async (header) => {
    server.script(answers(429, { error: 'rate-limited' }, header === '' ? {} : { 'retry-after': header }));
    await expect(tomeOver({ maxAttempts: 1 }).ns1.lookup(card, live())).rejects.toMatchObject({ retryAfterSeconds: 1 });
  });

  test.each([
    ['5xx', answers(503, {})],
    ['reset', resets],
    ['truncated answer', truncates({ tokens: [] })],
    ['answer without tokens', answers(200, {})],
  ])('a prefetch that failed with %s is not repeated, because its answer has used tokens', async (_name, act) => {
    server.script(act);
    await expect(tomeOver().ns1.prefetch(5, batch())).rejects.toMatchObject({ attempts: 1 });
    expect(server.paths).toHaveLength(1);
  });

  test('a prefetch that TOME refused with 429 is repeated', async () => {
    server.script(
      answers(429, { error: 'rate-limited' }, { 'retry-after': '0' }),
      answers(200, { tokens: [{ token: ours }] }),
    );
    expect(await tomeOver().ns1.prefetch(1, batch())).toEqual({
      tokens: [{ token: ours, expiresAt: null }],
      unusable: [],
    });
  });

  test('when the retry budget is spent, each call sends one request', async () => {
    server.script(answers(503, {}));
    const tome = tomeOver({ retryRatio: 0, breaker: { failures: 1_000, openMs: 1 } });
    for (let call = 0; call < 20; call += 1) await expect(tome.ns1.lookup(card, live())).rejects.toThrow();
    expect(server.paths.length).toBeLessThanOrEqual(23);
  });

  test('calls that were not sent add no retries to the budget', async () => {
    const tome = tomeOver({ retryRatio: 0.5, maxAttempts: 10 });
    for (let call = 0; call < 200; call += 1) await expect(tome.ns1.lookup(card, live(-1))).rejects.toThrow();
    server.script(answers(503, {}));
    await expect(tome.ns1.lookup(card, live())).rejects.toThrow();
    expect(server.paths.length).toBeLessThanOrEqual(4);
  });
});

describe('a request that was not sent', () => {
  test('because the connection was refused counts no attempt', async () => {
    const tome = tomeOver({ baseUrl: await closedUrl() });
    await expect(tome.ns1.tokenize(card, ours, live())).rejects.toMatchObject({
      code: 'tome-unavailable',
      attempts: 0,
    });
    expect(observed).toHaveLength(3);
  });

  test('is repeated even for prefetch', async () => {
    const tome = tomeOver({ baseUrl: await closedUrl() });
    await expect(tome.ns1.prefetch(5, batch())).rejects.toMatchObject({ attempts: 0 });
    expect(observed).toHaveLength(3);
  });

  test('because the connection was refused opens the breaker', async () => {
    const tome = tomeOver({ baseUrl: await closedUrl(), breaker: { failures: 3, openMs: 60_000 } });
    await expect(tome.ns1.tokenize(card, ours, live())).rejects.toThrow();
    expect(() => tome.ns1.assertAdmits('tokenize', live())).toThrow(
      expect.objectContaining({ attempts: 0, retryAfterSeconds: 60 }),
    );
  });

  test('does not hide that an earlier attempt was sent: the outcome is unknown', async () => {
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

  test('because its deadline has passed counts no attempt', async () => {
    await expect(tomeOver().ns1.tokenize(card, ours, live(-1))).rejects.toMatchObject({
      code: 'tome-unavailable',
      attempts: 0,
    });
    expect(server.paths).toEqual([]);
  });

  test('because the rate limiter has no slot does not hide an earlier 429', async () => {
    server.script(answers(429, { error: 'rate-limited' }, { 'retry-after': '0' }));
    // One call in a thousand seconds, so that the slot of the retry is after the deadline.
    const call: TomeCall = { ...live(), lane: 'batch' };
    await expect(tomeOver({ batchCallsPerSecond: 0.001 }).ns1.lookup(card, call)).rejects.toMatchObject({
      code: 'tome-rate-limited',
      attempts: 1,
    });
  });
});

describe('the breaker', () => {
  test.each([
    ['HTML', answers(200, '<html></html>')],
    ['an answer to another request', answers(200, { token: other, isNew: true }, { 'x-request-id': 'another' })],
    ['an answer without a token', answers(200, { isNew: true })],
    ['an answer of 2 MB', answers(200, { token: ours, isNew: true, padding: 'x'.repeat(2_100_000) })],
  ])('opens after %s, which breaks the contract', async (_name, act) => {
    server.script(act);
    const tome = tomeOver({ maxAttempts: 1, breaker: { failures: 1, openMs: 60_000 } });
    await expect(tome.ns1.tokenize(card, ours, live())).rejects.toMatchObject({
      code: 'tome-answer-invalid',
      attempts: 1,
    });
    expect(outcomes()).toEqual(['tome-answer-invalid']);
    expect(() => tome.ns1.assertAdmits('tokenize', live())).toThrow();
  });

  test('opens after an attempt that had its whole timeout', async () => {
    server.script(staysSilent);
    const tome = tomeOver({ attemptTimeoutMs: SILENCE_MS, maxAttempts: 1, breaker: { failures: 1, openMs: 60_000 } });
    await expect(tome.ns1.lookup(card, live())).rejects.toMatchObject({ code: 'tome-outcome-unknown' });
    expect(() => tome.ns1.assertAdmits('lookup', live())).toThrow();
  });

  test('stays closed after an attempt that the deadline cut short', async () => {
    server.script(staysSilent);
    const tome = tomeOver({ maxAttempts: 1, breaker: { failures: 1, openMs: 60_000 } });
    await expect(tome.ns1.lookup(card, live(SILENCE_MS))).rejects.toMatchObject({
      code: 'tome-outcome-unknown',
      attempts: 1,
    });
    tome.ns1.assertAdmits('lookup', live());
  });

  test('stays closed after 429', async () => {
    server.script(answers(429, { error: 'rate-limited' }, { 'retry-after': '0' }));
    const tome = tomeOver({ breaker: { failures: 1, openMs: 60_000 } });
    await expect(tome.ns1.lookup(card, live())).rejects.toMatchObject({ code: 'tome-rate-limited', attempts: 3 });
    tome.ns1.assertAdmits('lookup', live());
  });

  test('stays closed when the observer of calls throws, and the observer is called once', async () => {
    server.script(answers(200, { token: ours }));
    let calls = 0;
    const client = new TomeClient({
      settings: { ...SETTINGS, baseUrl: server.url, breaker: { failures: 1, openMs: 60_000 } },
      profile: simulatorProfile,
      clock,
      random: () => 0.5,
      onCall() {
        calls += 1;
        throw new RangeError('metrics');
      },
    });
    const tome = createHttpTome(client, simulatorProfile);
    await expect(tome.ns1.lookup(card, live())).rejects.toThrow(RangeError);
    expect(calls).toBe(1);
    tome.ns1.assertAdmits('lookup', live());
  });
});

const DISCLOSING: readonly (readonly [string, Act])[] = [
  ['200', echoes(200)],
  ['404', echoes(404)],
  ['409', echoes(409)],
  ['500', echoes(500)],
  ['200 of another request', answers(200, card.reveal(), { 'x-request-id': card.reveal() })],
  ['truncated 200', truncates({ token: card.reveal(), source: card.reveal() })],
  [
    '200 that is not JSON',
    (response, { requestId, body }) => response.writeHead(200, { 'x-request-id': requestId }).end(`${body}<`),
  ],
  ['token that is the card number', answers(200, { token: card.reveal(), isNew: true })],
  ['409 that names the card number', answers(409, { error: 'already-bound', token: card.reveal() })],
  ['reset', resets],
  ['silence', staysSilent],
];

test.each(DISCLOSING)('an error after a %s does not contain the card number in any property', async (_name, act) => {
  const tome = withDistinctTexts(tomeOver({ maxAttempts: 2, attemptTimeoutMs: SILENCE_MS / 3 }));
  for (const call of [
    () => tome.ns1.tokenize(card, ours, live()),
    () => tome.ns1.lookup(card, live()),
    () => tome.ns1.detokenize(ours, live()),
  ]) {
    server.script(act);
    const error: unknown = await call().then(
      () => null,
      (failure: unknown) => failure,
    );
    expect(error).toBeInstanceOf(Error);
    const parts = [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), (error as Error).stack];
    expect(parts.join('\n')).not.toContain(card.reveal());
  }
  expect(JSON.stringify(observed)).not.toContain(card.reveal());
});
