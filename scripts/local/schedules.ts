import type { JobName, RunJob } from './functions.ts';

/** How often each job starts, in milliseconds after its last end. On AWS the schedules start most of them each minute. */
const EVERY_MS: Partial<Record<JobName, number>> = {
  'pool-health': 5_000,
  'settle-reservations': 30_000,
  'relay-events': 2_000,
  prefetch: 3_600_000,
};

/**
 * EventBridge's part: starts the jobs by the clock, and a prefetch when the pool's health asks for one; `prefetchNow` asks for one at once.
 * Returns what stops it.
 */
export function startSchedules(
  runJob: RunJob,
  { prefetchNow }: { readonly prefetchNow: boolean },
): () => Promise<void> {
  let isStopped = false;
  const timers = new Map<string, NodeJS.Timeout>();
  const underWay = new Set<Promise<void>>();

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
    const job = run(name).finally(() => underWay.delete(job));
    underWay.add(job);
  };

  const repeat = (name: JobName, everyMs: number): void => {
    const timer = setTimeout(() => {
      const job = run(name).finally(() => {
        underWay.delete(job);
        if (!isStopped) repeat(name, everyMs);
      });
      underWay.add(job);
    }, everyMs);
    timers.set(name, timer);
  };

  for (const [name, everyMs] of Object.entries(EVERY_MS)) repeat(name as JobName, everyMs);
  if (prefetchNow) start('prefetch');
  return async () => {
    isStopped = true;
    for (const timer of timers.values()) clearTimeout(timer);
    await Promise.race([Promise.allSettled(underWay), new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
  };
}
