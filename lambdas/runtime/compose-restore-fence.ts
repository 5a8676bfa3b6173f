import { fenceRestored } from '../pool/fence-restored.ts';
import { composeDatabase } from './compose-database.ts';
import { readSettings } from './settings.ts';

/** Milliseconds the fence may take: one update of every unused pair. */
const TIME_LIMIT_MS = 300_000;

/** What the restore fence needs, wired at cold start. Throws InvalidSettings. */
export function composeRestoreFence(): { run: () => ReturnType<typeof fenceRestored>; timeLimitMs: number } {
  const database = composeDatabase(readSettings(['database']));
  return { run: () => database.run(fenceRestored), timeLimitMs: TIME_LIMIT_MS };
}
