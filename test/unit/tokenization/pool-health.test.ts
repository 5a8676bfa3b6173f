import { expect, test } from 'vitest';
import { type PoolGrowth, type PoolHealth, reportPoolHealth } from '../../../lambdas/tokenization/pool-health.ts';

const settings = { targetMin: 1_000, targetMax: 20_000, coverMinutes: 30, lowWaterRatio: 0.3, leadMinutes: 3 };

const HEALTH: PoolHealth = {
  staged: 0,
  available: 1_000,
  reserved: 2,
  used: 50,
  quarantined: 1,
  oldestReservedSeconds: 4,
  oldestEventSeconds: 5,
  refillRequested: false,
  consumedPerMinute: 0,
  peakConsumedPerMinute: 0,
  refilledPerMinute: null,
  minutesToEmpty: null,
};
const GROWTH: PoolGrowth = { quarantinedLastHour: 0, tokensLeakedLastDay: 0, spareTokens: 7, purgeLagSeconds: 0 };

function report(health: Partial<PoolHealth>) {
  const samples: PoolHealth[] = [];
  const store = {
    readHealth: () => Promise.resolve({ ...HEALTH, ...health }),
    readGrowth: () => Promise.resolve(GROWTH),
    sampleLevels: (sample: PoolHealth) => {
      samples.push(sample);
      return Promise.resolve();
    },
  };
  return reportPoolHealth(store, settings).then((result) => ({ result, samples }));
}

test('the report contains levels and plan, and one sample of the levels is stored', async () => {
  const { result, samples } = await report({});
  expect(result).toEqual({ ...HEALTH, ...GROWTH, target: 1_000, recommended: 0, lowWater: 300, refillWanted: false });
  expect(samples).toEqual([HEALTH]);
});

test.each([
  ['is below its low-water mark', true, { available: 299 }],
  ['is at its low-water mark', false, { available: 300 }],
  ['was found empty by a creation', true, { refillRequested: true }],
])('when the pool %s, refillWanted is %s', async (_when, refillWanted, health) => {
  expect((await report(health)).result.refillWanted).toBe(refillWanted);
});
