import { setTimeout } from 'node:timers/promises';
import { codeOf, nameOf } from '../../lambdas/runtime/own-error.ts';
import type { PrefetchTally } from '../../lambdas/tokenization/refill/prefetch-run.ts';
import type { TomeProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import { shareOfLimit } from './local-rates.ts';

/**
 * The share of TOME's rate limit for the first prefetch. The API does not serve yet, so the
 * prefetch can use nearly all of it.
 */
const FIRST_PREFETCH_SHARE = 0.96;

/**
 * TOME limits the calls of the last second. After this pause the first requests have the whole
 * limit.
 */
const LIMIT_WINDOW_MS = 1_000;

/**
 * Fills the pool before the API serves. Returns the reason why it stopped early, or `null`. It
 * never fails the start: the jobs fill the pool later, and the API uses the direct path meanwhile
 * (docs/design.md#the-empty-pool).
 */
export async function firstPrefetch(
  profile: TomeProfile,
  onProgress: (line: string) => void,
  pairs: number | undefined,
): Promise<string | null> {
  const { composePrefetch } = await import('../../lambdas/composition/prefetch.ts');
  const level =
    pairs === undefined
      ? {}
      : { POOL_TARGET_MIN: String(pairs), POOL_TARGET_MAX: String(pairs), POOL_COVER_MINUTES: '0' };
  const prefetch = await withEnvironment(
    { TOME_BATCH_CALLS_PER_SECOND: shareOfLimit(profile, FIRST_PREFETCH_SHARE), ...level },
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

/** Sets environment variables while `compose` reads them. */
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
    ? 'reading the level of the pool'
    : `first prefetch: ${activated} of ${Math.max(target, activated)} pairs are ready`;
