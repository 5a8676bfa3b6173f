import { type MigrationResult, migrate } from '../pool/migrate.ts';
import { readSettings } from './settings.ts';

/** Milliseconds a migration may take; the deployment waits for it. */
const TIME_LIMIT_MS = 600_000;

/** What the migration needs: the database's own address, not the proxy's. Throws InvalidSettings. */
export function composeMigration(): { run: () => Promise<MigrationResult>; timeLimitMs: number } {
  const { DATABASE_URL } = readSettings(['database']);
  return { run: () => migrate(DATABASE_URL), timeLimitMs: TIME_LIMIT_MS };
}
