import { expect, test } from 'vitest';
import { ConsumptionHistory } from '../../../../scripts/performance/load/day/consumption-history.ts';

/** One sample each minute, as the health job takes them. */
function historyOf(usedAtMinutes: readonly number[]): ConsumptionHistory {
  const history = new ConsumptionHistory();
  for (const [minute, used] of usedAtMinutes.entries()) history.sample(minute * 60, used);
  return history;
}

test('current consumption is the difference from the oldest sample of the last five minutes', () => {
  const history = historyOf([0, 100, 200, 300, 400, 500, 600]);
  expect(history.rates(6 * 60 + 30, 650).peakConsumedPerMinute).toBeCloseTo(100, 5);
});

test('the highest five minutes count for one hour', () => {
  const burst = [0, 0, 0, 0, 0, 5_000, ...new Array<number>(70).fill(5_000)];
  const at = (minutes: number) =>
    historyOf(burst.slice(0, minutes + 1)).rates(minutes * 60, 5_000).peakConsumedPerMinute;
  expect(at(6)).toBeCloseTo(1_000, 5);
  expect(at(60)).toBeCloseTo(1_000, 5);
  expect(at(75)).toBe(0);
});

test('the refill rate is the average of the refills of the last day', () => {
  const history = new ConsumptionHistory();
  expect(history.rates(0, 0).refilledPerMinute).toBeNull();
  history.recordRefill(0, 60, 4_800);
  history.recordRefill(3_600, 60, 2_400);
  expect(history.rates(7_200, 0).refilledPerMinute).toBe(3_600);
  expect(history.rates(90_001, 0).refilledPerMinute).toBeNull();
});
