import { scheduledJobs } from '../../../../lambdas/function-names.ts';
import type { JobName } from '../../../../lambdas/functions.ts';
import type { HealthReport } from '../../../../lambdas/tokenization/pool-health.ts';
import type { DaySettings } from './day-model.ts';

export interface JobClock {
  /** The errors of jobs that failed. */
  readonly failures: readonly string[];
  /** Starts no more jobs. Running jobs continue. */
  stop(): void;
}

/**
 * Replaces the schedules of EventBridge in a replay: starts the jobs of a local stack at the
 * seconds of the day at which the schedules would, from `fromSecond` on.
 */
export function startJobClock(url: string, fromSecond: number, settings: DaySettings): JobClock {
  const failures: string[] = [];
  const run = async (name: JobName): Promise<void> => {
    const response = await fetch(`${url}/_local/jobs/${name}`, { method: 'POST' });
    const result = (await response.json()) as Partial<HealthReport> & { error?: string };
    if (!response.ok) failures.push(`${name}: ${result.error}`);
    else if (name === 'pool-health' && result.refillWanted === true) await run('prefetch');
  };
  const start = (name: JobName): void => {
    run(name).catch((error: unknown) => {
      // The stack is stopped after the replay, which interrupts jobs that still run.
      if (!isStopped) failures.push(`${name}: ${error instanceof Error ? error.message : 'unknown'}`);
    });
  };
  let isStopped = false;
  let second = fromSecond;
  const startedMs = performance.now();
  const timer = setInterval(() => {
    while (second <= fromSecond + (performance.now() - startedMs) / 1_000) {
      if (second % settings.healthEverySeconds === 0) for (const job of EACH_MINUTE) start(job);
      if (second % settings.prefetchEverySeconds === 0) start('prefetch');
      second += 1;
    }
  }, 50);
  return {
    failures,
    stop() {
      isStopped = true;
      clearInterval(timer);
    },
  };
}

const EACH_MINUTE = scheduledJobs().flatMap(({ name, schedule }) => (schedule.everyMinutes === 1 ? [name] : []));
