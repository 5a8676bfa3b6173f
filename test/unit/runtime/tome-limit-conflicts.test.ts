import { expect, test } from 'vitest';
import { FUNCTION_SETTINGS } from '../../../lambdas/functions.ts';
import { InvalidSettings, readSettings } from '../../../lambdas/runtime/settings.ts';
import { SHIPPED_PROFILES } from '../../../lambdas/tome/profile/shipped-profiles.ts';

const REQUIRED = {
  DATABASE_URL: 'postgres://somewhere',
  TOME_URL: 'http://somewhere',
  IDEMPOTENCY_HMAC_SECRET: 'x'.repeat(32),
};

function faultsAtStart(
  name: 'create-card' | 'prefetch' | 'pool',
  environment: Readonly<Record<string, string>>,
): readonly string[] {
  try {
    readSettings(FUNCTION_SETTINGS[name], { ...REQUIRED, ...environment });
    return [];
  } catch (error) {
    if (error instanceof InvalidSettings) return error.faults;
    throw error;
  }
}

const simulatorWith = (limits: object): string =>
  JSON.stringify({
    ...SHIPPED_PROFILES.simulator,
    limits: { ...SHIPPED_PROFILES.simulator.limits, ...limits },
  });

test('every function that calls TOME starts with the default settings and the default profile', () => {
  expect(faultsAtStart('create-card', {})).toEqual([]);
  expect(faultsAtStart('prefetch', {})).toEqual([]);
});

test('a function does not start with a batch rate that TOME does not take', () => {
  expect(faultsAtStart('create-card', { TOME_BATCH_CALLS_PER_SECOND: '251' })).toEqual([
    'TOME_BATCH_CALLS_PER_SECOND must be lower: TOME takes 250 calls a second for each operation, and tokenize ' +
      'needs 251 batch = 251 (docs/capacity.md#limits-that-add-up)',
  ]);
});

test('a function starts with bounds that ordinary load does not reach beside its batch rate', () => {
  const rates = {
    TOME_BATCH_CALLS_PER_SECOND: '250',
    TOME_LIVE_CALLS_PER_SECOND: '250',
    DIRECT_CREATIONS_PER_SECOND: '1000',
  };
  expect(faultsAtStart('create-card', rates)).toEqual([]);
});

test('a function does not start with a limit on live calls that TOME does not take', () => {
  expect(faultsAtStart('create-card', { TOME_LIVE_CALLS_PER_SECOND: '251' })).toEqual([
    'TOME_LIVE_CALLS_PER_SECOND must be lower: TOME takes 250 calls a second for each operation, and tokenize ' +
      'needs 251 live = 251 (docs/capacity.md#limits-that-add-up)',
  ]);
  expect(faultsAtStart('create-card', { TOME_LIVE_CALLS_PER_SECOND: '250' })).toEqual([]);
});

test('a function counts the calls of the other domains', () => {
  expect(faultsAtStart('prefetch', { TOME_OTHER_CALLS_PER_SECOND: '171' })).toEqual([
    'TOME_BATCH_CALLS_PER_SECOND must be lower: TOME takes 250 calls a second for each operation, and tokenize ' +
      'needs 80 batch + 171 of other domains = 251 (docs/capacity.md#limits-that-add-up)',
  ]);
});

test.each([
  [{ callsPerSecond: 79, scope: 'all' }, 'all operations need 80 batch = 80 '],
  [{ callsPerSecond: 79, scope: 'namespace' }, 'ns2 needs 80 batch = 80 '],
])('a function counts as its profile says: %j', (limits, sum) => {
  expect(faultsAtStart('create-card', { TOME_PROFILE: simulatorWith(limits) })).toEqual([expect.stringContaining(sum)]);
});

test('prefetch does not count live calls, which it does not make', () => {
  expect(
    faultsAtStart('prefetch', { TOME_LIVE_CALLS_PER_SECOND: '1000', DIRECT_CREATIONS_PER_SECOND: '1000' }),
  ).toEqual([]);
});

test('the direct strategy counts its limit on live calls only, because it has neither pool nor refills', () => {
  const direct = { TOKENIZER: 'direct', TOME_BATCH_CALLS_PER_SECOND: '1000', DIRECT_CREATIONS_PER_SECOND: '1000' };
  expect(faultsAtStart('create-card', direct)).toEqual([]);
  expect(faultsAtStart('create-card', { ...direct, TOME_LIVE_CALLS_PER_SECOND: '251' })).toEqual([
    expect.stringMatching(/^TOME_LIVE_CALLS_PER_SECOND must be lower: .*tokenize needs 251 live = 251 /),
  ]);
});

test('a function that does not call TOME starts with any limit', () => {
  expect(faultsAtStart('pool', { TOME_PROFILE: simulatorWith({ callsPerSecond: 1 }) })).toEqual([]);
});
