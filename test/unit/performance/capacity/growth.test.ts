import { expect, test } from 'vitest';
import { growthAt } from '../../../../scripts/performance/capacity/growth.ts';

const storage = { total: 460, table: 260, indexes: { pair_pkey: 30, pair_internal_token_key: 90 }, indexFanout: 200 };
const limits = { tomePerSecond: 250, mappingPerSecond: 80 };

test('growthAt agrees with a calculation by hand for 100,000 cards a day', () => {
  const growth = growthAt(100_000, storage, limits);
  expect(growth.average).toBeCloseTo(1.157, 3);
  expect(growth.busiestHour).toBeCloseTo(2.333, 3);
  expect(growth.tokenizeInBusiestHour).toBeCloseTo(4.667, 3);
  expect(growth.shareOfDay).toBeCloseTo(200_000 / 21_600_000, 6);
  expect(growth.coverOf30Minutes).toBeCloseTo(4_200, 6);
  expect(growth.gbPerYear).toBeCloseTo(36.5e6 * 460e-9, 6);
  expect(growth.indexGbPerYear).toBeCloseTo(36.5e6 * 200e-9, 6);
});

test('calls and storage grow linearly with the cards, and the index by at most one level', () => {
  const [one, ten] = [growthAt(100_000, storage, limits), growthAt(1_000_000, storage, limits)];
  expect(ten.tokenizeInBusiestHour).toBeCloseTo(10 * one.tokenizeInBusiestHour, 6);
  expect(ten.gbPerYear).toBeCloseTo(10 * one.gbPerYear, 6);
  expect(ten.indexLevelsAfterYear - one.indexLevelsAfterYear).toBeLessThanOrEqual(1);
});
