import { expect, test } from 'vitest';
import { DAY_SECONDS, dayCurve } from '../../../../scripts/performance/load/day/day-curve.ts';
import { modelDay } from '../../../../scripts/performance/load/day/day-model.ts';
import { neededTarget, worstDay } from '../../../../scripts/performance/load/day/day-search.ts';
import { daySettings } from '../../../../scripts/performance/load/day/day-settings.ts';

const settings = daySettings({});
const quiet = { cards: 100_000, peakPerSecond: 150, peakSeconds: 0 };
const peaked = { ...quiet, peakSeconds: 120 };

test('a day without a peak has half the live calls, and three quarters of all calls', () => {
  const { created, direct, refused, liveCalls, batchCalls, dualCalls, stockGrowth } = modelDay(
    dayCurve({ ...quiet, peakAt: 0 }),
    settings,
  );
  expect({ created, direct, refused }).toEqual({ created: 100_000, direct: 0, refused: 0 });
  expect(liveCalls).toBe(dualCalls / 2);
  // One mapping for each pair that was made, and two calls for each batch of them.
  expect(batchCalls).toBeGreaterThan(created + stockGrowth);
  expect(batchCalls).toBeLessThan(created + stockGrowth + 200);
});

test('the model neither loses nor invents pairs', () => {
  const { created, direct, batchCalls, stockGrowth, seconds } = modelDay(
    dayCurve({ ...peaked, peakAt: 36_001 }),
    settings,
  );
  const mapped = created - direct + stockGrowth;
  expect(batchCalls).toBeGreaterThanOrEqual(mapped);
  expect(seconds).toHaveLength(DAY_SECONDS);
  expect(Math.min(...seconds.map(({ available }) => available))).toBeGreaterThanOrEqual(0);
});

test('a sudden peak empties a pool of the default size, and then at most half the limit of TOME are cards', () => {
  const { outcome, peakAt } = worstDay(peaked, settings);
  expect(outcome.poolMinimum).toBe(0);
  expect(outcome.direct).toBeGreaterThan(0);
  const dry = outcome.seconds.slice(peakAt, peakAt + 120).filter(({ available }) => available === 0);
  for (const { direct } of dry) expect(direct).toBeLessThanOrEqual(settings.tomePerSecond / 2);
  expect(outcome.created + outcome.refused).toBe(100_000);
});

test('the needed target keeps a tenth of the pool for every start of the peak, and one step less does not', () => {
  const needed = neededTarget(peaked, settings) ?? 0;
  const minimum = (targetMin: number) => worstDay(peaked, { ...settings, targetMin }).outcome.poolMinimum;
  expect(minimum(needed)).toBeGreaterThan(needed / 10);
  expect(minimum(needed - 500)).toBeLessThanOrEqual((needed - 500) / 10);
});

test('an earlier refill needs a smaller pool', () => {
  const late = neededTarget(peaked, settings) ?? 0;
  const early = neededTarget(peaked, { ...settings, lowWaterRatio: 0.8 }) ?? 0;
  expect(early).toBeLessThan(late);
});
