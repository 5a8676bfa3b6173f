import { expect, test } from 'vitest';
import { DAY_SECONDS, dayCurve } from '../../../../scripts/performance/load/day/day-curve.ts';

const shape = { cards: 100_000, peakPerSecond: 150, peakSeconds: 120, peakAt: 36_000 };
const sum = (rates: readonly number[]) => rates.reduce((total, rate) => total + rate, 0);

test('the sum of the curve is the number of cards, for any peak', () => {
  for (const peakSeconds of [0, 30, 120, 600]) {
    const curve = dayCurve({ ...shape, peakSeconds });
    expect(curve).toHaveLength(DAY_SECONDS);
    expect(sum(curve)).toBeCloseTo(100_000, 3);
  }
});

test('the peak has exactly the configured time and rate', () => {
  const curve = dayCurve(shape);
  expect(curve.slice(36_000, 36_120).every((rate) => rate === 150)).toBe(true);
  expect(Math.max(...curve.slice(0, 36_000), ...curve.slice(36_120))).toBeLessThan(3);
});

test('noon is busier than the night, and the curve is continuous at midnight', () => {
  const curve = dayCurve({ ...shape, peakSeconds: 0 });
  const hour = (index: number) => sum(curve.slice(index * 3_600, (index + 1) * 3_600));
  expect(hour(11)).toBeGreaterThan(10 * hour(3));
  expect(curve[0]).toBeCloseTo(curve[DAY_SECONDS - 1] ?? 0, 3);
});

test('a peak with more cards than the day is refused', () => {
  expect(() => dayCurve({ ...shape, cards: 10_000 })).toThrow(RangeError);
});
