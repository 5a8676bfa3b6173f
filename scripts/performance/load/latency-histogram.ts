import { createHistogram } from 'node:perf_hooks';

/** Upper ends of the bars, in milliseconds. The last bar has no end. */
const BAR_ENDS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000] as const;

/**
 * All values are in milliseconds, and `null` if nothing was recorded. `bars`: the number of
 * latencies up to `upToMs` and above the bar before.
 */
export interface LatencySummary {
  readonly count: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly max: number | null;
  readonly bars: readonly { readonly upToMs: number | null; readonly count: number }[];
}

/** Latencies with three significant digits, in constant memory. */
export class LatencyHistogram {
  readonly #histogram = createHistogram();
  readonly #bars = new Array<number>(BAR_ENDS_MS.length + 1).fill(0);

  record(ms: number): void {
    this.#histogram.record(Math.max(1, Math.round(ms * 1_000)));
    const bar = BAR_ENDS_MS.findIndex((endMs) => ms <= endMs);
    const index = bar === -1 ? BAR_ENDS_MS.length : bar;
    this.#bars[index] = (this.#bars[index] ?? 0) + 1;
  }

  get count(): number {
    return this.#histogram.count;
  }

  /**
   * Returns the latency that `percent` (above 0, at most 100) of the values do not exceed, in
   * milliseconds; `null` if nothing was recorded.
   */
  percentile(percent: number): number | null {
    return this.count === 0 ? null : this.#histogram.percentile(percent) / 1_000;
  }

  summary(): LatencySummary {
    return {
      count: this.count,
      p50: this.percentile(50),
      p95: this.percentile(95),
      p99: this.percentile(99),
      p999: this.percentile(99.9),
      max: this.count === 0 ? null : this.#histogram.max / 1_000,
      bars: this.#bars.map((count, index) => ({ upToMs: BAR_ENDS_MS[index] ?? null, count })),
    };
  }
}
