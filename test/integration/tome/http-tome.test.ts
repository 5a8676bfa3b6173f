import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import type { Clock } from '../../../lambdas/tokenization/ports/clock.ts';
import type { Tome, TomeCall } from '../../../lambdas/tokenization/ports/tome.ts';
import { createHttpTome } from '../../../lambdas/tome/client/http-tome.ts';
import { TomeClient, type TomeSettings } from '../../../lambdas/tome/client/tome-client.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import { type Simulator, startSimulator } from '../../../scripts/simulator/simulator.ts';
import { JumpingClock } from '../../support/jumping-clock.ts';
import { simulatorProfile } from '../../support/tome-profiles.ts';

let simulator: Simulator;
let clock: JumpingClock;

beforeEach(async () => {
  simulator = await startSimulator({ seed: 7, switches: { latencyMs: 0, rateLimitScope: 'off' } });
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

/**
 * Timeout of an attempt without an answer, in milliseconds of real time. All other waits use the
 * jumping clock.
 */
const SILENCE_MS = 3_000;

const tomeOver = (settings: Partial<TomeSettings> = {}, time: Clock = clock): Tome =>
  createHttpTome(
    new TomeClient({
      settings: { ...SETTINGS, baseUrl: simulator.url, ...settings },
      profile: simulatorProfile,
      clock: time,
      random: () => 0.5,
    }),
    simulatorProfile,
  );

const live = (): TomeCall => ({
  deadlineMs: clock.monotonicMs() + 600_000,
  lane: 'live',
  correlationId: 'test',
});
const card = CardNumber.parse(madeUpCard(1));
const tokenizeCalls = (): number => simulator.ledger.calls().filter(({ operation }) => operation === 'tokenize').length;

describe('while the simulator answers, the client', () => {
  test('binds a card to a prefetched token once, and finds it by card and by token', async () => {
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
    'returns the token that a card already has, when TOME answers with "%s"',
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

  test('returns null without bulk tokenize in TOME, otherwise one result for each item', async () => {
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

  test('sends batch calls at the configured rate', async () => {
    const tome = tomeOver({ batchCallsPerSecond: 100 });
    const batch = (): TomeCall => ({ ...live(), lane: 'batch' });
    const startedMs = clock.monotonicMs();
    await Promise.all(Array.from({ length: 60 }, () => tome.ns1.lookup(card, batch())));
    expect(clock.monotonicMs() - startedMs).toBeGreaterThan(500);
  });
});

describe('while the simulator fails, the client', () => {
  test.each(['error-after', 'reset-after', 'timeout-after', 'truncated', 'crossed'] as const)(
    'repeats a binding whose answer is lost by "%s" with the same token, and reports two attempts',
    async (kind) => {
      const tome = tomeOver(kind.startsWith('timeout') ? { attemptTimeoutMs: SILENCE_MS } : {});
      const {
        tokens: [unassigned],
      } = await tome.ns1.prefetch(1, live());
      simulator.faults.order({ operation: 'tokenize', kind, count: 1 });
      const answer = await tome.ns1.tokenize(card, unassigned?.token ?? null, live());
      expect(answer).toEqual({ token: unassigned?.token, isNew: false, attempts: 2 });
      expect(tokenizeCalls()).toBe(2);
      expect(simulator.vaults.ns1.bindingCount).toBe(1);
    },
  );

  test.each([
    ['edge-rate-limited', 'tome-rate-limited'],
    ['gateway-page', 'tome-gateway-answered'],
    ['gateway-page-after', 'tome-gateway-answered'],
    ['access-denied', 'tome-access-denied'],
    ['redirected', 'tome-gateway-answered'],
  ] as const)('reports "%s" as %s after one attempt that may have reached TOME', async (kind, code) => {
    simulator.faults.order({ operation: 'tokenize', kind, count: 1 });
    await expect(tomeOver({ maxAttempts: 1 }).ns1.tokenize(card, null, live())).rejects.toMatchObject({
      code,
      attempts: 1,
    });
    expect(simulator.vaults.ns1.bindingCount).toBe(kind === 'gateway-page-after' ? 1 : 0);
  });

  test('stops its retries at the deadline', async () => {
    simulator.faults.order({ operation: 'lookup', kind: 'timeout-before', rate: 1 });
    const settings = {
      attemptTimeoutMs: 500,
      maxAttempts: 1_000,
      retryRatio: 1_000,
      breaker: { failures: 1_000, openMs: 1 },
    };
    // An attempt without an answer takes real time, so the deadline uses the real clock too.
    const tome = tomeOver(settings, systemClock);
    const call = { ...live(), deadlineMs: systemClock.monotonicMs() + SILENCE_MS };
    await expect(tome.ns1.lookup(card, call)).rejects.toMatchObject({ code: 'tome-outcome-unknown' });
    expect(systemClock.monotonicMs()).toBeGreaterThan(call.deadlineMs - settings.attemptTimeoutMs);
    expect(simulator.ledger.calls().length).toBeLessThan(100);
  });

  test('sends no call of this operation and namespace after 5 failures in a row, until a probe succeeds', async () => {
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
});
