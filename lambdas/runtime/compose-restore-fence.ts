import { fenceRestored } from '../pool/pool-jobs.ts';
import { composeDatabase } from './compose-database.ts';
import { readSettings } from './settings.ts';

/** Milliseconds the fence may take: one update of every unused pair. */
const TIME_LIMIT_MS = 300_000;

/** What the restore fence needs, wired at cold start. Throws InvalidSettings. */
export async function composeRestoreFence(): Promise<{
  run: () => ReturnType<typeof fenceRestored>;
  timeLimitMs: number;
}> {
  const database = await composeDatabase({ ...readSettings(['database']), DATABASE_QUERY_TIMEOUT_MS: TIME_LIMIT_MS });
  return { run: () => database.run(fenceRestored), timeLimitMs: TIME_LIMIT_MS };
}
