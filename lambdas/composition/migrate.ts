import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { databaseRoles } from '../database-roles.ts';
import { type MigrationResult, migrate } from '../pool/migrate.ts';
import { databaseAddress } from '../runtime/database-address.ts';
import type { ComposedJob } from '../runtime/job-handler.ts';
import { readSettings } from '../runtime/settings.ts';
import { referenceRulesOf } from './reference-rules.ts';

/** Time limit of a migration in milliseconds. The deployment waits for it. */
const TIME_LIMIT_MS = 600_000;

/** The roles that a migration creates, each with the functions that it may execute. */
export const ROLE_GRANTS = databaseRoles();

/**
 * Connects the migration with the database itself, not with the proxy. Rejects with
 * InvalidSettings, or when the secret cannot be read.
 */
export async function composeMigrate(): Promise<ComposedJob<MigrationResult>> {
  const settings = readSettings('migrate');
  const address = await databaseAddress(settings);
  // In a deployed function the SQL files are in the folder of the bundle.
  const beside = fileURLToPath(new URL('.', import.meta.url));
  const options = {
    grants: ROLE_GRANTS,
    rules: referenceRulesOf(settings),
    ...(existsSync(`${beside}/migrations`) ? { directory: beside } : {}),
  };
  return { run: () => migrate(address, options), timeLimitMs: TIME_LIMIT_MS };
}
