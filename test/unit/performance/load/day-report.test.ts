import { expect, test } from 'vitest';
import { dayCurve } from '../../../../scripts/performance/load/day/day-curve.ts';
import { modelDay } from '../../../../scripts/performance/load/day/day-model.ts';
import { dayReport, modelledWindow, replayReport } from '../../../../scripts/performance/load/day/day-report.ts';
import { daySettings } from '../../../../scripts/performance/load/day/day-settings.ts';

const settings = daySettings({});
const dayOf = (peakSeconds: number) => {
  const curve = dayCurve({ cards: 100_000, peakPerSecond: 150, peakSeconds, peakAt: 39_301 });
  return { curve, outcome: modelDay(curve, settings) };
};

test('a day without a peak has half the live calls and a quarter fewer calls in total', () => {
  const report = dayReport(dayOf(0).outcome, 36_001);
  expect(report).toContain('100,000 cards created');
  expect(report).toMatch(/live +200,000 +50\.0% fewer than the 400,000 of the dual-call strategy/);
  expect(report).toMatch(/total +\d{3},\d{3} +25\.\d% fewer/);
});

test('a day with more calls than the dual-call strategy is reported as more', () => {
  expect(dayReport(dayOf(600).outcome, 39_301)).toMatch(/total .* more$/m);
});

test('a window contains exactly its seconds, and is shown beside the measured figures', () => {
  const { curve, outcome } = dayOf(120);
  const window = { from: 39_301, to: 39_421 };
  const figures = modelledWindow(outcome, curve, window);
  expect(figures).toMatchObject({ creations: 18_000, poolMinimum: 0 });
  expect(figures.direct).toBe(outcome.seconds.slice(39_301, 39_421).reduce((sum, { direct }) => sum + direct, 0));
  const report = replayReport(window, figures, { ...figures, refused: 7 });
  expect(report).toContain('10:55:01 to 10:57:01');
  expect(report).toMatch(/refused +[\d,]+ +7$/m);
});
