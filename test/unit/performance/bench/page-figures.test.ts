import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type BenchResults, FIGURES_PAGE, withFigures } from '../../../../scripts/performance/bench/page-figures.ts';
import { GOALS, median, verdict } from '../../../../scripts/performance/bench/report.ts';

const page = readFileSync(FIGURES_PAGE, 'utf8');
const results = JSON.parse(readFileSync('bench-results.json', 'utf8')) as BenchResults;

test('the performance page shows the figures of bench-results.json', () => {
  expect(withFigures(page, results)).toBe(page);
});

test('bench-results.json has every figure that has a goal', () => {
  expect(Object.keys(results.ratios).sort()).toEqual(Object.keys(GOALS).sort());
  for (const value of Object.values(results.ratios)) expect(value).toBeGreaterThan(0);
});

test('a changed figure in the results changes the performance page', () => {
  const other = { ...results, ratios: { ...results.ratios, reserve16: 0.123_4 } };
  expect(withFigures(page, other)).toContain('0.1234');
});

test('withFigures refuses a page without the two markers', () => {
  expect(() => withFigures('# Other', results)).toThrow('marker');
});

test('a figure that equals its goal meets it, for minimum and maximum goals', () => {
  expect(verdict('reserve64', 0.75)).toBe('meets >= 0.75');
  expect(verdict('reserve64', 0.74)).toBe('SHORT of >= 0.75');
  expect(verdict('overheadP50Ms', 5)).toBe('meets <= 5');
  expect(verdict('overheadP50Ms', 5.1)).toBe('SHORT of <= 5');
});

test('the median is the middle figure, or the mean of the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([9, 1, 5, 6])).toBe(5.5);
});
