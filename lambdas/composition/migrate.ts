import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type MigrationResult, migrate } from '../pool/migrate.ts';
import { databaseRoles } from '../rights.ts';
import { databaseAddress } from '../runtime/database-address.ts';
import { readSettings } from '../runtime/settings.ts';

/** Milliseconds a migration may take; the deployment waits for it. */
const TIME_LIMIT_MS = 600_000;

/** The roles that a migration creates, with what each may execute. */
export const ROLE_GRANTS = databaseRoles();

/** What the migration needs: the database's own address, not the proxy's. Rejects with InvalidSettings, or when its secret cannot be read. */
export async function composeMigration(): Promise<{ run: () => Promise<MigrationResult>; timeLimitMs: number }> {
  const address = await databaseAddress(readSettings(['database']));
  // In a bundle the SQL lies beside the one file that there is.
  const beside = fileURLToPath(new URL('.', import.meta.url));
  const options = { grants: ROLE_GRANTS, ...(existsSync(`${beside}/migrations`) ? { directory: beside } : {}) };
  return { run: () => migrate(address, options), timeLimitMs: TIME_LIMIT_MS };
}
