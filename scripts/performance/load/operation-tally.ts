import { LatencyHistogram, type LatencySummary } from './latency-histogram.ts';
import type { ApiAnswer } from './sender.ts';

export interface TallySummary {
  readonly sent: number;
  readonly succeeded: number;
  /** Successes, counted by status, such as `201`. */
  readonly statuses: Readonly<Record<string, number>>;
  /**
   * Failures, counted by status and code, such as `503 tome-unavailable`, or by the reason of a
   * missing answer.
   */
  readonly errors: Readonly<Record<string, number>>;
  /** Latencies of successes, in milliseconds. */
  readonly latencyMs: LatencySummary;
  /** Latencies of failures, which may be quick refusals or long waits. */
  readonly errorLatencyMs: LatencySummary;
}

/** Counts the results of the requests of one operation. */
export class OperationTally {
  readonly #statuses = new Map<string, number>();
  readonly #errors = new Map<string, number>();
  readonly #latency = new LatencyHistogram();
  readonly #errorLatency = new LatencyHistogram();

  record({ status, error }: ApiAnswer, latencyMs: number): void {
    const isSuccess = error === null;
    const counts = isSuccess ? this.#statuses : this.#errors;
    const name = isSuccess ? String(status) : status === 0 ? error : `${status} ${error}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    (isSuccess ? this.#latency : this.#errorLatency).record(latencyMs);
  }

  summary(): TallySummary {
    const succeeded = this.#latency.count;
    return {
      sent: succeeded + this.#errorLatency.count,
      succeeded,
      statuses: Object.fromEntries(this.#statuses),
      errors: Object.fromEntries(this.#errors),
      latencyMs: this.#latency.summary(),
      errorLatencyMs: this.#errorLatency.summary(),
    };
  }
}
