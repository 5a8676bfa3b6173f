import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { inject } from 'vitest';
import { connect, Database, type Sql } from '../../lambdas/pool/database/database.ts';
import { TEMPLATE } from './postgres-server.ts';

export interface TestDatabase {
  readonly url: string;
  /** Statements of the test itself, on connections that the code under test does not use. */
  readonly sql: Sql;
  readonly database: Database;
  drop(): Promise<void>;
}

/** Creates a database for one test: migrated by default, or empty. */
export async function createTestDatabase(content: 'migrated' | 'empty' = 'migrated'): Promise<TestDatabase> {
  const serverUrl = inject('postgresUrl');
  const name = `test_${randomBytes(8).toString('hex')}`;
  const admin = postgres(serverUrl, { max: 1 });
  await admin.unsafe(`CREATE DATABASE ${name} TEMPLATE ${content === 'migrated' ? TEMPLATE : 'template1'}`);
  const url = serverUrl.replace(/postgres$/, name);
  const sql = connect(url, { maxConnections: 4, prepare: true });
  // Long enough for a busy machine. Tests of statement timeouts set their own time.
  const database = new Database(url, { maxConnections: 12, queryTimeoutMs: 240_000, attempts: 3, prepare: true });
  return {
    url,
    sql,
    database,
    async drop() {
      await database.close();
      await sql.end({ timeout: 1 });
      await admin.unsafe(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}
