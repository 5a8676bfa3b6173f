import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { JobName } from '../functions.ts';
import { freshId } from './fresh-id.ts';
import { describe } from './logging/describe-error.ts';
import { logger } from './logging/logger.ts';
import { count, flushMetrics, time } from './metrics.ts';
import { asOwnError, RuntimeFailure } from './own-error.ts';
import { systemClock } from './system-clock.ts';

export interface JobRun {
  /** Correlation id of this run in log lines and calls to TOME. */
  readonly runId: string;
  /** Monotonic time (ms) at which the job must have ended. */
  readonly deadlineMs: number;
}

export interface Job<Result extends object> {
  readonly name: JobName;
  /** Milliseconds of one run. The timeout of the function can leave less. */
  readonly timeLimitMs: number;
  readonly run: (run: JobRun) => Promise<Result>;
}

/** A job as composition returns it: the handler adds its name. */
export type ComposedJob<Result extends object> = Omit<Job<Result>, 'name'>;

/** Milliseconds before the function's timeout that are reserved for recording the result. */
const FINISH_MARGIN_MS = 5_000;

/**
 * The part of that time, in milliseconds, that statements may use after the job's deadline. After
 * the deadline a job starts no new work, but it completes the statements that are already running.
 * No statement outlives the function.
 */
export const CLOSING_MS = 3_000;

class NoTimeLeft extends RuntimeFailure {
  override readonly name = 'NoTimeLeft';
  readonly code = 'no-time-left';
}

/**
 * Runs every job. It ignores the event, so a schedule, an alarm and an operator start the same run.
 */
export function jobHandler<Result extends object>({ name, timeLimitMs, run }: Job<Result>) {
  return middy<unknown, Result, Error, Context>().handler(async (_event, lambda) => {
    const startedMs = systemClock.monotonicMs();
    const runId = freshId();
    const line = { job: name, runId, functionRequestId: lambda.awsRequestId };
    const deadlineMs = startedMs + Math.min(timeLimitMs, lambda.getRemainingTimeInMillis() - FINISH_MARGIN_MS);
    try {
      if (deadlineMs <= startedMs) throw new NoTimeLeft('The function has no time left to run this job.');
      const result = await run({ runId, deadlineMs });
      logger.info('job done', { ...line, ...result });
      count('JobRuns', { job: name, outcome: 'done' });
      return result;
    } catch (error) {
      logger.error('job failed', { ...line, error: describe(error) });
      count('JobRuns', { job: name, outcome: 'failed' });
      // Lambda logs this error and returns it to the caller.
      throw asOwnError('The job failed', error);
    } finally {
      time('JobDuration', { job: name }, systemClock.monotonicMs() - startedMs);
      flushMetrics();
    }
  });
}
