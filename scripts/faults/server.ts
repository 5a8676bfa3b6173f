import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedDatabase } from '../local/embedded-database.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';

/** A PostgreSQL for a fault run; FAULTS_SERVER_URL names one that is there already. */
export async function startServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const given = process.env['FAULTS_SERVER_URL'];
  if (given !== undefined) return { url: given, stop: async () => undefined };
  const directory = await mkdtemp(join(temporaryFolder(), 'pool-faults-'));
  await chmod(directory, 0o711);
  const settings = [
    'max_connections=200',
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
    'autovacuum_naptime=5s',
  ];
  const server = await startEmbeddedDatabase({ directory: join(directory, 'postgres'), settings });
  return {
    url: server.url,
    async stop() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
