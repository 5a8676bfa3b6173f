import { FUNCTIONS } from '../functions.ts';
import { fenceRestored } from '../pool/pool-jobs.ts';
import type { ComposedJob } from '../runtime/job-handler.ts';
import { readSettings } from '../runtime/settings.ts';
import { composeJobDatabase } from './database.ts';

/**
 * Time limit in milliseconds. The fence is one statement over every unused pair, so it may take as
 * long as its database role allows. docs/runbook.md says how many pairs fit.
 */
const TIME_LIMIT_MS = FUNCTIONS['fence-restored'].database.limits.statementSeconds * 1_000;

/** Connects the restore fence with the database. Throws InvalidSettings. */
export async function composeFenceRestored(): Promise<ComposedJob<Awaited<ReturnType<typeof fenceRestored>>>> {
  const database = await composeJobDatabase(readSettings('fence-restored'), TIME_LIMIT_MS);
  return { run: ({ deadlineMs }) => database.until(deadlineMs).run(fenceRestored), timeLimitMs: TIME_LIMIT_MS };
}
