import type { Arrivals } from './arrivals.ts';
import { LatencyHistogram } from './latency-histogram.ts';

/** One request that is due. Its latency counts from `dueMs`, on `performance.now()`'s clock. */
export interface Due {
  readonly index: number;
  readonly dueMs: number;
}

export interface OpenLoopOptions {
  readonly arrivals: Arrivals;
  /** Sends one request and resolves when it is over, failed or not. A rejection ends the loop. */
  readonly send: (due: Due) => Promise<void>;
  /** Requests that may be under way at once; those due beyond that are counted and not sent. */
  readonly maxUnderWay?: number;
}

export interface OpenLoopOutcome {
  readonly sent: number;
  /** Due while as many as may be were under way. */
  readonly notSent: number;
  /** How late requests went out: what this machine's own slowness adds to each latency. */
  readonly lateness: LatencyHistogram;
  /** From the start to the last answer. */
  readonly seconds: number;
}

const DEFAULT_MAX_UNDER_WAY = 5_000;

/**
 * Requests when they are due, whether or not earlier ones are answered, so that a service that stalls is seen by all who would have come
 * meanwhile (no coordinated omission). Resolves when all are over.
 */
export async function openLoop(options: OpenLoopOptions): Promise<OpenLoopOutcome> {
  const { arrivals, send, maxUnderWay = DEFAULT_MAX_UNDER_WAY } = options;
  const lateness = new LatencyHistogram();
  const startedMs = performance.now();
  const queue = arrivals[Symbol.iterator]();
  const finished = Promise.withResolvers<void>();
  let next = queue.next();
  let sent = 0;
  let notSent = 0;
  let underWay = 0;

  const begin = (dueMs: number): void => {
    const index = sent;
    sent += 1;
    underWay += 1;
    lateness.record(performance.now() - dueMs);
    send({ index, dueMs }).then(() => {
      underWay -= 1;
      finishWhenDone();
    }, finished.reject);
  };
  const finishWhenDone = (): void => {
    if (next.done === true && underWay === 0) finished.resolve();
  };
  const tick = (): void => {
    while (next.done !== true && startedMs + next.value <= performance.now()) {
      if (underWay < maxUnderWay) begin(startedMs + next.value);
      else notSent += 1;
      next = queue.next();
    }
    if (next.done === true) finishWhenDone();
    else setTimeout(tick, Math.max(0, startedMs + next.value - performance.now()));
  };
  tick();
  await finished.promise;
  return { sent, notSent, lateness, seconds: (performance.now() - startedMs) / 1_000 };
}
