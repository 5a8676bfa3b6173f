import { fenceRestored } from '../pool/pool-jobs.ts';
import type { JobRun } from '../runtime/job-handler.ts';
import { readSettings } from '../runtime/settings.ts';
import { composeJobDatabase } from './database.ts';

/** Milliseconds the fence may take: one transaction over every unused pair. docs/runbook.md says how many fit. */
const TIME_LIMIT_MS = 840_000;

/** What the restore fence needs, wired at cold start. Throws InvalidSettings. */
export async function composeRestoreFence(): Promise<{
  run: (run: JobRun) => ReturnType<typeof fenceRestored>;
  timeLimitMs: number;
}> {
  const database = await composeJobDatabase(readSettings(['database']), TIME_LIMIT_MS);
  return { run: ({ deadlineMs }) => database.until(deadlineMs).run(fenceRestored), timeLimitMs: TIME_LIMIT_MS };
}
