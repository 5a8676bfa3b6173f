import { startTemporaryDatabase } from '../../../scripts/local/temporary-database.ts';
import { temporaryFolder } from '../../../scripts/local/temporary-folder.ts';

/** Starts a PostgreSQL for a fault trial, or uses the one that `FAULTS_SERVER_URL` names. */
export async function startServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const given = process.env['FAULTS_SERVER_URL'];
  if (given !== undefined) return { url: given, stop: async () => undefined };
  const settings = [
    'max_connections=200',
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
    'autovacuum_naptime=5s',
  ];
  return startTemporaryDatabase({ purpose: 'faults', root: temporaryFolder(), settings });
}
