import { expect, test } from 'vitest';
import { LatencyHistogram } from '../../../../scripts/performance/load/latency-histogram.ts';

function recorded(latencies: readonly number[]) {
  const histogram = new LatencyHistogram();
  for (const ms of latencies) histogram.record(ms);
  return histogram;
}

test('percentiles agree with the sorted latencies to three digits', () => {
  const histogram = recorded(Array.from({ length: 1_000 }, (_, index) => 1_000 - index));
  for (const [percent, ms] of [
    [50, 500],
    [95, 950],
    [99, 990],
    [99.9, 999],
    [100, 1_000],
  ] as const) {
    expect(Math.abs((histogram.percentile(percent) ?? 0) - ms) / ms).toBeLessThan(0.001);
  }
});

test('one slow answer in a thousand changes only the maximum', () => {
  const { p50, p99, max } = recorded([...new Array<number>(999).fill(50), 5_000]).summary();
  expect(p50).toBeCloseTo(50, 0);
  expect(p99).toBeCloseTo(50, 0);
  expect((max ?? 0) / 5_000).toBeCloseTo(1, 2);
});

test('each latency is in exactly one bar', () => {
  const { bars } = recorded([0.2, 1, 1.5, 50, 50.1, 99_999]).summary();
  expect(bars.filter(({ count }) => count > 0)).toEqual([
    { upToMs: 1, count: 2 },
    { upToMs: 2, count: 1 },
    { upToMs: 50, count: 1 },
    { upToMs: 100, count: 1 },
    { upToMs: null, count: 1 },
  ]);
});

test('an empty histogram has no percentiles', () => {
  expect(recorded([]).summary()).toMatchObject({ count: 0, p50: null, p999: null, max: null });
});
