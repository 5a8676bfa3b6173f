import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type BenchResults, withFigures } from '../../../../scripts/performance/bench/readme-figures.ts';
import { GOALS, median, verdict } from '../../../../scripts/performance/bench/report.ts';

const readme = readFileSync('README.md', 'utf8');
const results = JSON.parse(readFileSync('bench-results.json', 'utf8')) as BenchResults;

test("the README's figures are those of bench-results.json", () => {
  expect(withFigures(readme, results)).toBe(readme);
});

test('every figure that has a goal was measured', () => {
  expect(Object.keys(results.ratios).sort()).toEqual(Object.keys(GOALS).sort());
  for (const value of Object.values(results.ratios)) expect(value).toBeGreaterThan(0);
});

test('another figure in the results would show in the README', () => {
  const other = { ...results, ratios: { ...results.ratios, reserve16: 0.123_4 } };
  expect(withFigures(readme, other)).toContain('0.1234');
});

test('a readme without a place for the figures is refused', () => {
  expect(() => withFigures('# Other', results)).toThrow('no place');
});

test('a figure on the right side of its goal meets it, on either kind of goal', () => {
  expect(verdict('reserve64', 0.75)).toBe('meets >= 0.75');
  expect(verdict('reserve64', 0.74)).toBe('SHORT of >= 0.75');
  expect(verdict('overheadP50Ms', 5)).toBe('meets <= 5');
  expect(verdict('overheadP50Ms', 5.1)).toBe('SHORT of <= 5');
});

test('the median of figures in any order is the middle one, or between the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([9, 1, 5, 6])).toBe(5.5);
});
