import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../lambdas/runtime/system-clock.ts';
import { noAuthentication } from '../../../lambdas/tome/client/authentication/authentication.ts';
import { TomeEndpoints } from '../../../lambdas/tome/client/tome-endpoints.ts';
import { askRate } from '../../../scripts/cli/probe/ask-rate.ts';
import type { Finding } from '../../../scripts/cli/probe/finding.ts';
import { probeTome } from '../../../scripts/cli/probe/probe-tome.ts';
import { TomeCalls } from '../../../scripts/cli/probe/tome-calls.ts';
import { WireCalls } from '../../../scripts/cli/wire/wire-calls.ts';
import { madeUpCard } from '../../../scripts/local/made-up-cards.ts';
import { type Simulator, startSimulator } from '../../../scripts/simulator/simulator.ts';
import type { SwitchChanges } from '../../../scripts/simulator/switches.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { simulatorTimeOf } from '../../support/simulator-time.ts';
import { simulatorProfile } from '../../support/tome-profiles.ts';

const stoppedTime = simulatorTimeOf(new FakeClock());
let simulator: Simulator;

beforeEach(async () => {
  // The simulator's clock does not advance, so its rate limit does not depend on the speed of
  // the calls.
  simulator = await startSimulator({ seed: 4, switches: { latencyMs: 0 }, time: stoppedTime });
});

afterEach(() => simulator.close());

/** A clock for which the first call takes `slowestMs` and each other call 5 ms. */
function clockOfCalls(slowestMs: number): () => number {
  let looks = -1;
  // Each call reads the clock twice: when it starts and when it ends.
  return () => {
    looks += 1;
    return looks === 0 ? 0 : slowestMs + Math.floor((looks - 1) / 2) * 5;
  };
}

async function probed(switches: SwitchChanges, slowestMs = 5) {
  // These tests check the conclusions from answers, so no call may be refused by the rate limit.
  simulator.turn({ rateLimitScope: 'off', ...switches });
  const time = { ...stoppedTime, monotonicMs: clockOfCalls(slowestMs) };
  const { findings, calls } = await probeTome({
    url: simulator.url,
    draft: simulatorProfile,
    access: { authentication: noAuthentication, certificate: undefined },
    serial: 7,
    tokens: 20,
    rate: false,
    time,
  });
  const of = (words: string): Finding | undefined => findings.find(({ question }) => question.includes(words));
  const settings = Object.fromEntries(
    findings.flatMap(({ setting }) => (setting ? [[setting.name, setting.value]] : [])),
  );
  return { of, settings, calls, forbidding: findings.filter(({ isForbidding }) => isForbidding) };
}

test('the probe of a TOME as the design assumes it reports the default settings, after 11 calls', async () => {
  const { of, settings, calls, forbidding } = await probed({});
  expect(forbidding).toEqual([]);
  expect(of('another token')?.answer).toBe('echo');
  expect(settings).toEqual({
    REFERENCE_LUHN: 'must-fail',
    PREFETCH_BULK_TOKENIZE: 'false',
    TOME_ATTEMPT_TIMEOUT_MS: '1000',
  });
  expect(calls).toBe(11);
  expect(simulator.vaults.ns1.bindingCount).toBe(1);
});

test('the probe reports a TOME that answers 409 for a bound source as conflict, and forbids nothing', async () => {
  const { of, forbidding } = await probed({ alreadyBound: 'conflict' });
  expect(of('another token')?.answer).toBe('conflict');
  expect(forbidding).toEqual([]);
});

test('the probe forbids to use a TOME that overwrites bindings', async () => {
  const { forbidding } = await probed({ binding: 'overwrite' });
  expect(forbidding.map(({ question }) => question)).toEqual(
    expect.arrayContaining([expect.stringContaining('another token'), expect.stringContaining('binding afterwards')]),
  );
});

test('the probe finds bulk tokenize and the expiry of tokens, and reports the settings for them', async () => {
  const { of, settings } = await probed({ bulkTokenize: 'present', tokenLifetimeMs: 3_600_000 });
  expect(settings).toMatchObject({ PREFETCH_BULK_TOKENIZE: 'true', EXPIRY_MARGIN_SECONDS: '360' });
  expect(of('expire')?.answer).toBe('after 3600 s');
});

test('the probe counts the references that are outside the agreed format', async () => {
  const { of } = await probed({ references: 'unrestricted' });
  expect(of('outside the agreed format')?.answer).not.toBe('0 of 20');
});

test('the probe reports a card that TOME already knows, because it needs a new card', async () => {
  await probed({});
  const { forbidding } = await probed({});
  expect(forbidding.map(({ answer }) => answer)).toEqual(['another token']);
});

test.each([
  [5, '1000'],
  [100, '1000'],
  [101, '1100'],
  [900, '9000'],
])(
  'the probe sets the attempt timeout to ten times the slowest answer (%i ms), at least one second',
  async (slowestMs, timeoutMs) => {
    const { of, settings } = await probed({}, slowestMs);
    expect(settings['TOME_ATTEMPT_TIMEOUT_MS']).toBe(timeoutMs);
    expect(of('how long')?.answer).toBe(`5 ms at the median, ${slowestMs} ms at most`);
  },
);

test.each([
  ['endpoint', 200, 'they share the limit; other operations do not share it', 'endpoint'],
  ['namespace', 200, 'each has its own limit; other operations do not share it', 'namespace'],
  ['whole-namespace', 200, 'each has its own limit; other operations share it too', 'namespace'],
  ['all', 20, 'they share the limit; other operations share it too', 'all'],
  ['off', 20, 'none in 3 bursts', undefined],
] as const)(
  'the probe reports the scope of the rate limit: %s',
  async (rateLimitScope, rateLimitPerSecond, words, scope) => {
    simulator.turn({ rateLimitScope, rateLimitPerSecond });
    const endpoints = new TomeEndpoints({ baseUrl: simulator.url, profile: simulatorProfile }, systemClock);
    const tome = new TomeCalls(new WireCalls({ endpoints, clock: systemClock }));
    const texts = { cardNumber: madeUpCard(1), internalToken: 'it_that_was_never_issued' };
    // The simulator's clock stands still, and the probe's is over when its first second begins.
    const [finding] = await askRate(tome, texts, { monotonicMs: jumpingTime() });
    expect(finding?.answer).toContain(words);
    expect(finding?.lines?.['limits.scope']).toBe(scope);
  },
);

/** A clock that advances by two seconds with each look. */
function jumpingTime(): () => number {
  let nowMs = 0;
  return () => {
    nowMs += 2_000;
    return nowMs;
  };
}
