import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { ROLE_GRANTS } from '../../lambdas/composition/migrate.ts';
import { migrate } from '../../lambdas/pool/migrate.ts';
import { startTemporaryDatabase } from '../../scripts/local/temporary-database.ts';
import { temporaryFolder } from '../../scripts/local/temporary-folder.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    postgresUrl: string;
  }
}

export const TEMPLATE = 'migrated';

/** Starts one PostgreSQL for the whole run, with a migrated database that each test file clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startTemporaryDatabase({
    purpose: 'test',
    root: temporaryFolder(),
    settings: ['max_connections=300', 'fsync=off', 'synchronous_commit=off', 'full_page_writes=off'],
  });
  const sql = postgres(server.url, { max: 1 });
  await sql.unsafe(`CREATE DATABASE ${TEMPLATE}`);
  await sql.end();
  await migrate(server.url.replace(/postgres$/, TEMPLATE), { grants: ROLE_GRANTS });
  project.provide('postgresUrl', server.url);
  return () => server.stop();
}
