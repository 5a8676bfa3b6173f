import { expect, test } from 'vitest';
import { arrivalsAtOnce, changingArrivals, steadyArrivals } from '../../../../scripts/performance/load/arrivals.ts';

test('requests at a steady rate are due at equal intervals', () => {
  expect([...steadyArrivals(4, 1.5)]).toEqual([0, 250, 500, 750, 1_000, 1_250]);
});

test('a rate below one a second sends one request in several seconds', () => {
  expect([...steadyArrivals(0.5, 6)]).toEqual([0, 2_000, 4_000]);
});

test('a changing rate sends exactly the sum of the rates, in ascending order', () => {
  const perSecond = [0.3, 0.3, 0.3, 0.3, 150, 0, 2.5, 0.3];
  const due = [...changingArrivals(perSecond)];
  expect(due).toHaveLength(154);
  expect(due.every((dueMs, index) => dueMs >= (due[index - 1] ?? 0))).toBe(true);
});

test('every second of a changing rate has its own requests', () => {
  const due = [...changingArrivals([2, 0, 50, 1])];
  const inSecond = (second: number) => due.filter((dueMs) => Math.ceil(dueMs / 1_000) === second + 1).length;
  expect([0, 1, 2, 3].map(inSecond)).toEqual([2, 0, 50, 1]);
});

test('requests at once are all due at the start', () => {
  expect([...arrivalsAtOnce(3)]).toEqual([0, 0, 0]);
});
