import { expect, test } from 'vitest';
import { ConsumptionMemory } from '../../../../scripts/performance/load/day/consumption-memory.ts';

/** Samples each minute, as the health job takes them. */
function remembered(usedAtMinutes: readonly number[]): ConsumptionMemory {
  const memory = new ConsumptionMemory();
  for (const [minute, used] of usedAtMinutes.entries()) memory.sample(minute * 60, used);
  return memory;
}

test('consumption now is the difference to the oldest sample of the last five minutes', () => {
  const memory = remembered([0, 100, 200, 300, 400, 500, 600]);
  expect(memory.rates(6 * 60 + 30, 650).peakConsumedPerMinute).toBeCloseTo(100, 5);
});

test('the highest five minutes of an hour are remembered for that hour, and then forgotten', () => {
  const burst = [0, 0, 0, 0, 0, 5_000, ...new Array<number>(70).fill(5_000)];
  const at = (minutes: number) =>
    remembered(burst.slice(0, minutes + 1)).rates(minutes * 60, 5_000).peakConsumedPerMinute;
  expect(at(6)).toBeCloseTo(1_000, 5);
  expect(at(60)).toBeCloseTo(1_000, 5);
  expect(at(75)).toBe(0);
});

test('refills of the last day tell how fast the next will be', () => {
  const memory = new ConsumptionMemory();
  expect(memory.rates(0, 0).refilledPerMinute).toBeNull();
  memory.noteRefill(0, 60, 4_800);
  memory.noteRefill(3_600, 60, 2_400);
  expect(memory.rates(7_200, 0).refilledPerMinute).toBe(3_600);
  expect(memory.rates(90_001, 0).refilledPerMinute).toBeNull();
});
