import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type MigrationResult, migrate } from '../pool/migrate.ts';
import { databaseRoleOf, type FunctionName, RIGHTS } from '../rights.ts';
import { databaseAddress } from '../runtime/database-address.ts';
import { readSettings } from '../runtime/settings.ts';

/** Milliseconds a migration may take; the deployment waits for it. */
const TIME_LIMIT_MS = 600_000;

/** One role for each function that asks the database anything. */
export const ROLE_GRANTS = (Object.keys(RIGHTS) as FunctionName[])
  .filter((name) => RIGHTS[name].execute.length > 0)
  .map((name) => ({
    role: databaseRoleOf(name),
    execute: RIGHTS[name].execute,
    statementSeconds: RIGHTS[name].statementSeconds,
    connectionShare: RIGHTS[name].connectionShare,
  }));

/** What the migration needs: the database's own address, not the proxy's. Rejects with InvalidSettings, or when its secret cannot be read. */
export async function composeMigration(): Promise<{ run: () => Promise<MigrationResult>; timeLimitMs: number }> {
  const address = await databaseAddress(readSettings(['database']));
  // In a bundle the SQL lies beside the one file that there is.
  const beside = fileURLToPath(new URL('.', import.meta.url));
  const options = { grants: ROLE_GRANTS, ...(existsSync(`${beside}/migrations`) ? { directory: beside } : {}) };
  return { run: () => migrate(address, options), timeLimitMs: TIME_LIMIT_MS };
}
