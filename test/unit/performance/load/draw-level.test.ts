import { expect, test } from 'vitest';
import { drawLevel } from '../../../../scripts/performance/load/draw-level.ts';

const samples = (levels: readonly number[]) => levels.map((available, second) => ({ second, available, staged: 0 }));

test('a falling level is drawn from the top left to the bottom right', () => {
  const lines = drawLevel(samples(Array.from({ length: 72 }, (_, index) => 720 - index * 10))).split('\n');
  expect(lines).toHaveLength(12);
  expect(lines[0]).toMatch(/^ {4}720 ┤█/);
  const barsOf = (line: string | undefined) => (line ?? '').replaceAll(/[^▁-█]/g, '').length;
  expect(barsOf(lines[0])).toBeLessThan(barsOf(lines[5]));
  expect(barsOf(lines[9])).toBe(72);
});

test('an empty moment is visible among many samples', () => {
  const levels = new Array<number>(5_000).fill(4_000);
  levels[2_500] = 0;
  expect(drawLevel(samples(levels)).split('\n')[9]).toMatch(/^ {6}0 ┤█+·█+$/);
});

test('a level just above 0 is not drawn as 0', () => {
  expect(drawLevel(samples([10_000, 1])).split('\n')[9]).not.toContain('·');
});

test('without samples nothing is drawn', () => {
  expect(drawLevel([])).toBe('no sample of the level');
});
