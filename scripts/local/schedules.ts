import { scheduledJobs } from '../../lambdas/function-names.ts';
import type { JobName } from '../../lambdas/functions.ts';
import type { RunJob } from './functions.ts';

/** How long the end of the schedules waits for jobs that are running, in milliseconds. */
const MAX_WAIT_MS = 2_000;

/**
 * Starts the jobs by their schedules, as EventBridge does on AWS, and a prefetch when a report of
 * the pool's health wants one. `prefetchNow` starts one at once. Returns the function that stops
 * the schedules.
 */
export function startSchedules(
  runJob: RunJob,
  { prefetchNow }: { readonly prefetchNow: boolean },
): () => Promise<void> {
  let isStopped = false;
  const timers = new Map<JobName, NodeJS.Timeout>();
  const running = new Set<Promise<void>>();

  const run = async (name: JobName): Promise<void> => {
    try {
      const result = await runJob(name);
      if (name === 'pool-health' && (result as { refillWanted: boolean }).refillWanted) start('prefetch');
    } catch (error) {
      if (!isStopped) process.stderr.write(`${name} failed: ${error instanceof Error ? error.message : 'unknown'}\n`);
    }
  };

  const start = (name: JobName): void => {
    if (isStopped) return;
    const job = run(name).finally(() => running.delete(job));
    running.add(job);
  };

  const repeat = (name: JobName, pauseMs: number): void => {
    const timer = setTimeout(() => {
      const job = run(name).finally(() => {
        running.delete(job);
        if (!isStopped) repeat(name, pauseMs);
      });
      running.add(job);
    }, pauseMs);
    timers.set(name, timer);
  };

  for (const { name, schedule } of scheduledJobs()) repeat(name, schedule.localPauseSeconds * 1_000);
  if (prefetchNow) start('prefetch');
  return async () => {
    isStopped = true;
    for (const timer of timers.values()) clearTimeout(timer);
    await Promise.race([
      Promise.allSettled(running),
      new Promise((resolve) => setTimeout(resolve, MAX_WAIT_MS).unref()),
    ]);
  };
}
