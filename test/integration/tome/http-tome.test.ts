import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import type { CardReference } from '../../../lambdas/tokenization/model/card-reference.ts';
import type { Clock } from '../../../lambdas/tokenization/ports/clock.ts';
import type { Tome, TomeCall } from '../../../lambdas/tokenization/ports/tome.ts';
import { createHttpTome } from '../../../lambdas/tome/client/http-tome.ts';
import { type ObservedCall, TomeClient, type TomeSettings } from '../../../lambdas/tome/client/tome-client.ts';
import { madeUpCard as cardNumber } from '../../../scripts/local/made-up-cards.ts';
import { type Simulator, startSimulator } from '../../../scripts/simulator/simulator.ts';
import { JumpingClock } from '../../support/jumping-clock.ts';

let simulator: Simulator;
let observed: ObservedCall[];
let clock: JumpingClock;

beforeEach(async () => {
  simulator = await startSimulator({ seed: 7, switches: { latencyMs: 0, rateLimitScope: 'off' } });
  observed = [];
  clock = new JumpingClock();
});

afterEach(() => simulator.close());

const SETTINGS: TomeSettings = {
  baseUrl: '',
  attemptTimeoutMs: 120_000,
  maxAttempts: 3,
  backoffBaseMs: 5,
  backoffCapMs: 20,
  retryRatio: 1,
  breaker: { failures: 5, openMs: 300 },
  batchCallsPerSecond: 5_000,
  liveCallsPerSecond: 0,
};

/** How long a silent attempt is waited for, by the process's own clock; all other waits are the jumping clock's. */
const SILENCE_MS = 3_000;

const tomeOver = (settings: Partial<TomeSettings> = {}, time: Clock = clock): Tome =>
  createHttpTome(
    new TomeClient({
      settings: { ...SETTINGS, baseUrl: simulator.url, ...settings },
      clock: time,
      random: () => 0.5,
      onCall: (call) => observed.push(call),
    }),
  );

const live = (): TomeCall => ({
  deadlineMs: clock.monotonicMs() + 600_000,
  lane: 'live',
  correlationId: 'test',
});
const card = CardNumber.parse(cardNumber(1));
const tokenizeCalls = (): number => simulator.ledger.calls().filter(({ operation }) => operation === 'tokenize').length;

describe('against a TOME that answers', () => {
  test('a card bound to a prefetched token is found again both ways, and a repeat is not new', async () => {
    const tome = tomeOver();
    const {
      tokens: [unassigned],
    } = await tome.ns1.prefetch(3, live());
    const token = unassigned?.token ?? null;
    expect(await tome.ns1.tokenize(card, token, live())).toEqual({ token, isNew: true, attempts: 1 });
    expect(await tome.ns1.tokenize(card, token, live())).toEqual({ token, isNew: false, attempts: 1 });
    expect(await tome.ns1.lookup(card, live())).toBe(token);
    expect((await tome.ns1.detokenize(token as never, live()))?.equals(card)).toBe(true);
  });

  test.each(['echo', 'conflict'] as const)(
    'a card that has a token already gets it back, in %s mode',
    async (alreadyBound) => {
      simulator.turn({ alreadyBound });
      const tome = tomeOver();
      const {
        tokens: [one, other],
      } = await tome.ns1.prefetch(2, live());
      await tome.ns1.tokenize(card, one?.token ?? null, live());
      expect(await tome.ns1.tokenize(card, other?.token ?? null, live())).toEqual({
        token: one?.token,
        isNew: false,
        attempts: 1,
      });
    },
  );

  test('a token that another card has is refused for good', async () => {
    const tome = tomeOver();
    const {
      tokens: [unassigned],
    } = await tome.ns1.prefetch(1, live());
    await tome.ns1.tokenize(card, unassigned?.token ?? null, live());
    const stranger = CardNumber.parse(cardNumber(2));
    await expect(tome.ns1.tokenize(stranger, unassigned?.token ?? null, live())).rejects.toMatchObject({
      code: 'tome-token-taken',
    });
  });

  test('what nobody knows is not found', async () => {
    const tome = tomeOver();
    expect(await tome.ns1.lookup(card, live())).toBeNull();
    expect(await tome.ns2.detokenize('9100000000000000' as CardReference, live())).toBeNull();
  });

  test('bulk tokenize is absent or answers each item', async () => {
    const tome = tomeOver();
    const {
      tokens: [internal],
    } = await tome.ns1.prefetch(1, live());
    const {
      tokens: [reference],
    } = await tome.ns2.prefetch(1, live());
    const items = [{ source: internal?.token as never, token: reference?.token as never }];
    expect(await tome.ns2.bulkTokenize(items, live())).toBeNull();
    simulator.turn({ bulkTokenize: 'present' });
    expect(await tome.ns2.bulkTokenize(items, live())).toMatchObject([{ outcome: 'bound', token: reference?.token }]);
  });
});

describe('against a TOME that fails', () => {
  test.each([
    'error-before',
    'error-after',
    'reset-before',
    'reset-after',
    'timeout-before',
    'timeout-after',
    'truncated',
    'crossed',
  ] as const)('one %s is retried with the same token, and both requests are counted', async (kind) => {
    const tome = tomeOver(kind.startsWith('timeout') ? { attemptTimeoutMs: SILENCE_MS } : {});
    const {
      tokens: [unassigned],
    } = await tome.ns1.prefetch(1, live());
    simulator.faults.order({ operation: 'tokenize', kind, count: 1 });
    const answer = await tome.ns1.tokenize(card, unassigned?.token ?? null, live());
    expect(answer).toMatchObject({ token: unassigned?.token, attempts: 2 });
    expect(tokenizeCalls()).toBe(2);
  });

  test.each([
    ['edge-rate-limited', 'tome-rate-limited'],
    ['gateway-page', 'tome-gateway-answered'],
    ['gateway-page-after', 'tome-gateway-answered'],
    ['access-denied', 'tome-access-denied'],
    ['redirected', 'tome-gateway-answered'],
  ] as const)('one %s is no answer of TOME, and one request may have arrived', async (kind, code) => {
    simulator.faults.order({ operation: 'tokenize', kind, count: 1 });
    await expect(tomeOver({ maxAttempts: 1 }).ns1.tokenize(card, null, live())).rejects.toMatchObject({
      code,
      attempts: 1,
    });
    expect(simulator.vaults.ns1.bindingCount).toBe(kind === 'gateway-page-after' ? 1 : 0);
  });

  test('a failure that lasts says how many requests may have arrived', async () => {
    simulator.faults.order({ operation: 'tokenize', kind: 'error-after', rate: 1 });
    await expect(tomeOver().ns1.tokenize(card, null, live())).rejects.toMatchObject({
      code: 'tome-outcome-unknown',
      attempts: 3,
    });
  });

  test('the deadline ends the retries', async () => {
    simulator.faults.order({ operation: 'lookup', kind: 'timeout-before', rate: 1 });
    const settings = {
      attemptTimeoutMs: 500,
      maxAttempts: 1_000,
      retryRatio: 1_000,
      breaker: { failures: 1_000, openMs: 1 },
    };
    // Silence takes the process's own time, so the deadline is on its clock as well.
    const tome = tomeOver(settings, systemClock);
    const call = { ...live(), deadlineMs: systemClock.monotonicMs() + SILENCE_MS };
    await expect(tome.ns1.lookup(card, call)).rejects.toMatchObject({ code: 'tome-outcome-unknown' });
    expect(systemClock.monotonicMs()).toBeGreaterThan(call.deadlineMs - settings.attemptTimeoutMs);
    expect(simulator.ledger.calls().length).toBeLessThan(100);
  });

  test('a prefetch that was sent is never sent again, because its answer used tokens up', async () => {
    simulator.faults.order({ operation: 'prefetch', kind: 'error-after', count: 1 });
    await expect(tomeOver().ns1.prefetch(5, live())).rejects.toMatchObject({ attempts: 1 });
    expect(simulator.vaults.ns1.issuedTokens()).toHaveLength(5);
  });

  test('a 429 is waited out and is no sign that TOME is down', async () => {
    const tome = tomeOver({ breaker: { failures: 1, openMs: 60_000 } });
    simulator.faults.order({ operation: 'lookup', kind: 'rate-limited', count: 1 });
    expect(await tome.ns1.lookup(card, live())).toBeNull();
    expect(observed.map(({ outcome }) => outcome)).toEqual(['tome-rate-limited', 'not-found']);
  });

  test('after failures in a row nothing is sent until the breaker lets a probe through', async () => {
    const tome = tomeOver({ maxAttempts: 1 });
    simulator.faults.order({ operation: 'tokenize', namespace: 'ns1', kind: 'error-before', count: 5 });
    for (let call = 0; call < 5; call += 1) await expect(tome.ns1.tokenize(card, null, live())).rejects.toThrow();
    const sent = tokenizeCalls();
    expect(() => tome.ns1.assertAdmits('tokenize', live())).toThrow();
    tome.ns2.assertAdmits('tokenize', live());
    tome.ns1.assertAdmits('lookup', live());
    await expect(tome.ns1.tokenize(card, null, live())).rejects.toMatchObject({
      code: 'tome-unavailable',
      attempts: 0,
    });
    expect(tokenizeCalls()).toBe(sent);
    await clock.sleep(300);
    expect(await tome.ns1.tokenize(card, null, live())).toMatchObject({ isNew: true });
  });

  test('when everything fails, retries stay a tenth of the calls', async () => {
    simulator.faults.order({ operation: 'lookup', kind: 'error-before', rate: 1 });
    const tome = tomeOver({ retryRatio: 0.1, breaker: { failures: 1_000, openMs: 1 } });
    for (let call = 0; call < 200; call += 1) await expect(tome.ns1.lookup(card, live())).rejects.toThrow();
    expect(simulator.ledger.calls().length - 200).toBeLessThanOrEqual(23);
  });

  test('batch calls keep to their budget and slow down when TOME says so', async () => {
    const tome = tomeOver({ batchCallsPerSecond: 100 });
    const batch = (): TomeCall => ({ ...live(), lane: 'batch' });
    const startedMs = clock.monotonicMs();
    await Promise.all(Array.from({ length: 60 }, () => tome.ns1.lookup(card, batch())));
    expect(clock.monotonicMs() - startedMs).toBeGreaterThan(500);
  });
});

test('no failure, however it is looked at, shows the card number', async () => {
  const tome = tomeOver({ attemptTimeoutMs: 1_000, maxAttempts: 1, breaker: { failures: 1_000, openMs: 1 } });
  const seen: string[] = [];
  for (const kind of ['error-after', 'reset-after', 'timeout-after', 'truncated', 'crossed', 'wrong-token'] as const) {
    simulator.faults.order({ operation: 'tokenize', kind, count: 1 });
    simulator.faults.order({ operation: 'detokenize', kind, count: 1 });
    const token = simulator.vaults.ns1.tokenOf(card.reveal());
    for (const call of [
      () => tome.ns1.tokenize(card, null, live()),
      () => tome.ns1.detokenize((token ?? 'x'.repeat(20)) as never, live()),
    ]) {
      await call().catch((error: Error) =>
        seen.push(inspect(error, { depth: 10, showHidden: true }), JSON.stringify(error), error.stack ?? ''),
      );
    }
  }
  expect(seen.length).toBeGreaterThan(15);
  expect(seen.join('\n')).not.toContain(card.reveal());
});

describe('against something that is not TOME', () => {
  let server: Server;

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  test.each([
    ['HTML', 200, '<html></html>'],
    ['another shape', 200, '{"value":"x"}'],
    ['a token of another format', 200, '{"token":"short","isNew":true}'],
    ['a redirect', 302, '{}'],
    ['a refusal without a reason', 409, '{}'],
  ])('%s is refused and taken for nothing', async (_name, status, text) => {
    server = createServer((request, response) => {
      response
        .writeHead(status, { 'x-request-id': String(request.headers['x-request-id']), location: '/elsewhere' })
        .end(text);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(tomeOver({ baseUrl, maxAttempts: 1 }).ns1.tokenize(card, null, live())).rejects.toMatchObject({
      attempts: 1,
    });
  });
});
