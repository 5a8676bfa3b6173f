import { setTimeout } from 'node:timers/promises';
import { codeOf, nameOf } from '../../lambdas/runtime/own-error.ts';
import type { PrefetchTally } from '../../lambdas/tokenization/refill/prefetch-run.ts';

/** Calls a second of the first prefetch: nobody else calls TOME before the API is up, so it may have nearly all that TOME allows. */
const FIRST_PREFETCH_CALLS_PER_SECOND = '240';

/** TOME counts the calls of the last second. After it the first requests have the whole limit for themselves. */
const LIMIT_WINDOW_MS = 1_000;

/**
 * Fills the pool before the API is up. Returns what stopped it, or `null`. It never fails the start: a pool that is not full is filled by
 * the jobs, and the API serves meanwhile, by the direct path where it has to.
 */
export async function firstPrefetch(
  onProgress: (line: string) => void,
  pairs: number | undefined,
): Promise<string | null> {
  const { composePrefetch } = await import('../../lambdas/composition/prefetch.ts');
  const level =
    pairs === undefined
      ? {}
      : { POOL_TARGET_MIN: String(pairs), POOL_TARGET_MAX: String(pairs), POOL_COVER_MINUTES: '0' };
  const prefetch = await withEnvironment(
    { TOME_BATCH_CALLS_PER_SECOND: FIRST_PREFETCH_CALLS_PER_SECOND, ...level },
    () => composePrefetch((tally) => onProgress(progressLine(tally))),
  );
  try {
    const run = { runId: 'first-prefetch', deadlineMs: performance.now() + prefetch.timeLimitMs };
    const { stoppedBy, fetched } = await prefetch.run(run);
    if (fetched > 0) await setTimeout(LIMIT_WINDOW_MS);
    return stoppedBy;
  } catch (error) {
    return codeOf(error) ?? nameOf(error);
  } finally {
    await prefetch.close();
  }
}

/** Settings that hold while something is composed, and no longer. */
async function withEnvironment<Result>(
  settings: Readonly<Record<string, string>>,
  compose: () => Promise<Result>,
): Promise<Result> {
  const before = Object.keys(settings).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, settings);
  try {
    return await compose();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

const progressLine = ({ activated, target, fetched }: PrefetchTally): string =>
  fetched === 0
    ? 'the pool is being looked at'
    : `first prefetch: ${activated} of ${Math.max(target, activated)} pairs are ready`;
