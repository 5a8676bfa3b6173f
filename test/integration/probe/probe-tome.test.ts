import { afterEach, beforeEach, expect, test } from 'vitest';
import { askRate } from '../../../scripts/probe/ask-rate.ts';
import type { Finding } from '../../../scripts/probe/finding.ts';
import { probeTome } from '../../../scripts/probe/probe-tome.ts';
import { TomeCalls } from '../../../scripts/probe/tome-calls.ts';
import { type Simulator, startSimulator } from '../../../scripts/simulator/simulator.ts';
import type { SwitchChanges } from '../../../scripts/simulator/switches.ts';

let simulator: Simulator;

beforeEach(async () => {
  simulator = await startSimulator({ seed: 4, switches: { latencyMs: 0 } });
});

afterEach(() => simulator.close());

async function probed(switches: SwitchChanges) {
  simulator.turn(switches);
  const { findings, calls } = await probeTome({ url: simulator.url, serial: 7, rate: false });
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
    expect.arrayContaining([expect.stringContaining('another token'), expect.stringContaining('stands afterwards')]),
  );
});

test('bulk tokenize and expiry are found, and become settings', async () => {
  const { of, settings } = await probed({ bulkTokenize: 'present', tokenLifetimeMs: 3_600_000 });
  expect(settings).toMatchObject({ PREFETCH_BULK_TOKENIZE: 'true' });
  expect(Number(settings['EXPIRY_MARGIN_SECONDS'])).toBeCloseTo(360, -1);
  expect(of('expire')?.answer).toMatch(/^after 3(600|599) s$/);
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

// Limits so far from what a burst asks for that no slow machine can hide them.
test.each([
  ['endpoint', 20, 'they share the limit'],
  ['namespace', 200, 'each has its own limit'],
  ['off', 20, 'none in 3 bursts'],
] as const)('the scope of the rate limit is seen: %s', async (rateLimitScope, rateLimitPerSecond, words) => {
  simulator.turn({ rateLimitScope, rateLimitPerSecond });
  const [finding] = await askRate(new TomeCalls(simulator.url));
  expect(finding?.answer).toContain(words);
});
