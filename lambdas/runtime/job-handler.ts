import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { freshId } from './fresh-id.ts';
import { describe } from './logging/describe-error.ts';
import { logger } from './logging/logger.ts';
import { count, flushMetrics, time } from './metrics.ts';
import { asOwnError, RuntimeFailure } from './own-error.ts';
import { systemClock } from './system-clock.ts';

export interface JobRun {
  /** Names this run in every log line and every call to TOME. */
  readonly runId: string;
  /** Monotonic time (ms) by which the job must have stopped by itself. */
  readonly deadlineMs: number;
}

export interface Job<Result extends object> {
  readonly name: string;
  /** Most milliseconds of one run; the function's own timeout may leave less. */
  readonly timeLimitMs: number;
  readonly run: (run: JobRun) => Promise<Result>;
}

/** Time kept for writing down how a run ended before the function's own timeout, in milliseconds. */
const FINISH_MARGIN_MS = 5_000;

/**
 * Of that time, what a job's statements may use beyond its deadline, in milliseconds: no new work is begun after the deadline, and
 * what is under way then is ended in order instead of failing the run. No statement outlives the function.
 */
export const CLOSING_MS = 3_000;

class NoTimeLeft extends RuntimeFailure {
  override readonly name = 'NoTimeLeft';
  readonly code = 'no-time-left';
}

/** The stack that every job runs in. The event that starts it is not read: the same job does the same, whoever starts it. */
export function jobHandler<Result extends object>({ name, timeLimitMs, run }: Job<Result>) {
  return middy<unknown, Result, Error, Context>().handler(async (_event, lambda) => {
    const startedMs = systemClock.monotonicMs();
    const runId = freshId();
    const deadlineMs = startedMs + Math.min(timeLimitMs, lambda.getRemainingTimeInMillis() - FINISH_MARGIN_MS);
    try {
      if (deadlineMs <= startedMs) throw new NoTimeLeft('The function has no time left to run this job.');
      const result = await run({ runId, deadlineMs });
      logger.info('job done', { job: name, runId, ...result });
      count('JobRuns', { job: name, outcome: 'done' });
      return result;
    } catch (error) {
      logger.error('job failed', { job: name, runId, error: describe(error) });
      count('JobRuns', { job: name, outcome: 'failed' });
      // Lambda prints and answers what is thrown here.
      throw asOwnError('The job failed', error);
    } finally {
      time('JobDuration', { job: name }, systemClock.monotonicMs() - startedMs);
      flushMetrics();
    }
  });
}
