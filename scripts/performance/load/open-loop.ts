import type { Arrivals } from './arrivals.ts';
import { LatencyHistogram } from './latency-histogram.ts';

/**
 * A request that is due. Its latency is measured from `dueMs` on the clock of `performance.now()`.
 */
export interface Due {
  readonly index: number;
  readonly dueMs: number;
}

export interface OpenLoopOptions {
  readonly arrivals: Arrivals;
  /**
   * Sends one request and resolves when it has ended, with or without success. A rejection ends the
   * loop.
   */
  readonly send: (due: Due) => Promise<void>;
  /** Most open requests. Those that are due beyond this limit are counted and not sent. */
  readonly maxOpen?: number;
}

export interface OpenLoopOutcome {
  readonly sent: number;
  /** Requests that were due while the number of open requests was at its limit. */
  readonly notSent: number;
  /** How late requests were sent: the part of each latency that this machine adds. */
  readonly lateness: LatencyHistogram;
  /** Time from the start to the last answer. */
  readonly seconds: number;
}

const DEFAULT_MAX_OPEN = 5_000;

/**
 * Sends requests when they are due, whether or not earlier ones are answered, so that a pause of
 * the service delays every request that is due in it (no coordinated omission). Resolves when all
 * requests have ended.
 */
export async function openLoop(options: OpenLoopOptions): Promise<OpenLoopOutcome> {
  const { arrivals, send, maxOpen = DEFAULT_MAX_OPEN } = options;
  const lateness = new LatencyHistogram();
  const startedMs = performance.now();
  const queue = arrivals[Symbol.iterator]();
  const finished = Promise.withResolvers<void>();
  let next = queue.next();
  let sent = 0;
  let notSent = 0;
  let openRequests = 0;

  const begin = (dueMs: number): void => {
    const index = sent;
    sent += 1;
    openRequests += 1;
    lateness.record(performance.now() - dueMs);
    send({ index, dueMs }).then(() => {
      openRequests -= 1;
      finishWhenDone();
    }, finished.reject);
  };
  const finishWhenDone = (): void => {
    if (next.done === true && openRequests === 0) finished.resolve();
  };
  const tick = (): void => {
    while (next.done !== true && startedMs + next.value <= performance.now()) {
      if (openRequests < maxOpen) begin(startedMs + next.value);
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
