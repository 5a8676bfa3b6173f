import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isWorthAnotherRound, planRefill } from '../../../lambdas/tokenization/refill/refill-plan.ts';

const settings = { targetMin: 1_000, targetMax: 20_000, coverMinutes: 30, lowWaterRatio: 0.3, leadMinutes: 3 };
const count = fc.integer({ min: 0, max: 100_000 });
const levels = fc.record({
  staged: count,
  available: count,
  peakConsumedPerMinute: fc.float({ min: 0, max: 10_000, noNaN: true }),
  refilledPerMinute: fc.option(fc.float({ min: 0, max: 20_000, noNaN: true })),
});

test('the target follows consumption between its minimum and maximum', () => {
  const plan = (peakConsumedPerMinute: number) =>
    planRefill({ staged: 0, available: 0, peakConsumedPerMinute, refilledPerMinute: null }, settings).target;
  expect([plan(0), plan(100), plan(1_000_000)]).toEqual([1_000, 3_000, 20_000]);
});

test('the recommended size follows consumption without bounds, so that a maximum that is too small shows', () => {
  const plan = (peakConsumedPerMinute: number) =>
    planRefill({ staged: 0, available: 0, peakConsumedPerMinute, refilledPerMinute: null }, settings);
  expect([plan(0), plan(100), plan(1_000)].map(({ recommended }) => recommended)).toEqual([0, 3_000, 30_000]);
  expect(plan(1_000).target).toBe(20_000);
});

test('staged pairs reduce the deficit, so that overlapping runs do not fetch twice', () => {
  expect(
    planRefill({ staged: 600, available: 100, peakConsumedPerMinute: 0, refilledPerMinute: null }, settings).deficit,
  ).toBe(300);
});

test('the deficit fills the pool exactly to its target', () => {
  fc.assert(
    fc.property(levels, (level) => {
      const { target, deficit, lowWater } = planRefill(level, settings);
      expect(deficit).toBeGreaterThanOrEqual(0);
      expect(deficit === 0 || level.available + level.staged + deficit === target).toBe(true);
      expect(lowWater).toBeLessThanOrEqual(target * 0.8);
    }),
  );
});

test('the low-water mark covers the lead time of a refill, and the consumption that refills cannot match', () => {
  const lowWater = (refilledPerMinute: number | null) =>
    planRefill({ staged: 0, available: 0, peakConsumedPerMinute: 200, refilledPerMinute }, settings).lowWater;
  expect(lowWater(4_800)).toBe(Math.floor(6_000 * 0.3));
  expect(lowWater(null)).toBe(lowWater(4_800));
  expect(lowWater(100)).toBe(200 * 3 + 100 * 30);
});

test('a run does another round for a large deficit, and not for the few pairs taken meanwhile', () => {
  const worth = (deficit: number) => isWorthAnotherRound({ target: 5_000, deficit });
  expect([worth(0), worth(3), worth(100), worth(101), worth(5_000)]).toEqual([false, false, false, true, true]);
});
