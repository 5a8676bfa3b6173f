import { afterEach, beforeEach, expect, test } from 'vitest';
import { askRate } from '../../../scripts/cli/probe/ask-rate.ts';
import type { Finding } from '../../../scripts/cli/probe/finding.ts';
import { probeTome } from '../../../scripts/cli/probe/probe-tome.ts';
import { TomeCalls } from '../../../scripts/cli/probe/tome-calls.ts';
import { type Simulator, startSimulator } from '../../../scripts/simulator/simulator.ts';
import type { SwitchChanges } from '../../../scripts/simulator/switches.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { simulatorTimeOf } from '../../support/simulator-time.ts';

const standingTime = simulatorTimeOf(new FakeClock());
let simulator: Simulator;

beforeEach(async () => {
  // Time stands still at the simulator, so that its rate limit does not depend on how fast the
  // calls come.
  simulator = await startSimulator({ seed: 4, switches: { latencyMs: 0 }, time: standingTime });
});

afterEach(() => simulator.close());

/** A clock on which the first call takes so long, and each other one 5 ms. */
function clockOfCalls(slowestMs: number): () => number {
  let looks = -1;
  // Each call looks twice: when it begins and when it ends.
  return () => {
    looks += 1;
    return looks === 0 ? 0 : slowestMs + Math.floor((looks - 1) / 2) * 5;
  };
}

async function probed(switches: SwitchChanges, slowestMs = 5) {
  // What follows from the answers is asked here, so no call may be refused for its rate.
  simulator.turn({ rateLimitScope: 'off', ...switches });
  const time = { ...standingTime, monotonicMs: clockOfCalls(slowestMs) };
  const { findings, calls } = await probeTome({ url: simulator.url, serial: 7, rate: false, time });
  const of = (words: string): Finding | undefined => findings.find(({ question }) => question.includes(words));
  const settings = Object.fromEntries(
    findings.flatMap(({ setting }) => (setting ? [[setting.name, setting.value]] : [])),
  );
  return { of, settings, calls, forbidding: findings.filter(({ isForbidding }) => isForbidding) };
}

test('a TOME as it is assumed to be gets the default configuration, for a dozen calls', async () => {
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

test('conflict mode is told from echo, and both are workable', async () => {
  const { of, forbidding } = await probed({ alreadyBound: 'conflict' });
  expect(of('another token')?.answer).toBe('conflict');
  expect(forbidding).toEqual([]);
});

test('a TOME that overwrites bindings must not be worked with', async () => {
  const { forbidding } = await probed({ binding: 'overwrite' });
  expect(forbidding.map(({ question }) => question)).toEqual(
    expect.arrayContaining([expect.stringContaining('another token'), expect.stringContaining('binding afterwards')]),
  );
});

test('bulk tokenize and expiry are found, and become settings', async () => {
  const { of, settings } = await probed({ bulkTokenize: 'present', tokenLifetimeMs: 3_600_000 });
  expect(settings).toMatchObject({ PREFETCH_BULK_TOKENIZE: 'true', EXPIRY_MARGIN_SECONDS: '360' });
  expect(of('expire')?.answer).toBe('after 3600 s');
});

test('references that could be card numbers are counted', async () => {
  const { of } = await probed({ references: 'unrestricted' });
  expect(of('outside the agreed format')?.answer).not.toBe('0 of 20');
});

test('a card that this TOME knows already is not taken for a fresh one', async () => {
  await probed({});
  const { forbidding } = await probed({});
  expect(forbidding.map(({ answer }) => answer)).toEqual(['another token']);
});

test.each([
  [5, '1000'],
  [100, '1000'],
  [101, '1100'],
  [900, '9000'],
])('an attempt may take ten times the slowest answer and a second at least: %i ms', async (slowestMs, timeoutMs) => {
  const { of, settings } = await probed({}, slowestMs);
  expect(settings['TOME_ATTEMPT_TIMEOUT_MS']).toBe(timeoutMs);
  expect(of('how long')?.answer).toBe(`5 ms at the median, ${slowestMs} ms at most`);
});

test.each([
  ['endpoint', 20, 'they share the limit'],
  ['namespace', 200, 'each has its own limit'],
  ['off', 20, 'none in 3 bursts'],
] as const)('the scope of the rate limit is seen: %s', async (rateLimitScope, rateLimitPerSecond, words) => {
  simulator.turn({ rateLimitScope, rateLimitPerSecond });
  const [finding] = await askRate(new TomeCalls(simulator.url));
  expect(finding?.answer).toContain(words);
});
