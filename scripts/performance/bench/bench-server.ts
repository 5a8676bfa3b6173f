import { randomUUID } from 'node:crypto';
import { connect, type Sql } from '../../../lambdas/pool/database/database.ts';
import { migrate } from '../../../lambdas/pool/migrate.ts';
import { startTemporaryDatabase } from '../../local/temporary-database.ts';
import type { WireAddress } from './wire-connection.ts';

/** A migrated database, with its address for wire connections. */
export interface BenchDatabase {
  readonly url: string;
  readonly sql: Sql;
  readonly address: WireAddress;
}

export interface BenchServer {
  readonly url: string;
  createDatabase(): Promise<BenchDatabase>;
  close(): Promise<void>;
}

/** Starts a server in a new directory on disk with full durability (fsync on). */
export async function startBenchServer(): Promise<BenchServer> {
  const server = await startTemporaryDatabase({
    purpose: 'bench',
    authMethod: 'password',
    settings: [
      'max_connections=300',
      'shared_buffers=1GB',
      'max_wal_size=8GB',
      'checkpoint_timeout=30min',
      'wal_compression=on',
      'autovacuum_naptime=5s',
      'autovacuum_vacuum_cost_delay=0',
    ],
  });
  const { port, username, password } = new URL(server.url);
  const clients: Sql[] = [];
  return {
    url: server.url,
    async createDatabase() {
      const database = `bench_${randomUUID().replaceAll('-', '')}`;
      const admin = connect(server.url, { maxConnections: 1, prepare: false });
      await admin.unsafe(`CREATE DATABASE ${database}`);
      await admin.end();
      const url = server.url.replace(/[^/]+$/, database);
      await migrate(url, { grants: [] });
      const sql = connect(url, { maxConnections: 4, prepare: true });
      clients.push(sql);
      return { url, sql, address: { port: Number(port), user: username, password, database } };
    },
    async close() {
      for (const sql of clients) await sql.end({ timeout: 1 });
      await server.stop();
    },
  };
}

/**
 * Adds `count` available pairs with the database functions and batches of a refill, without TOME.
 */
export async function refill(sql: Sql, count: number): Promise<void> {
  await sql`CREATE SEQUENCE IF NOT EXISTS bench_number`;
  const [lease] = await sql<{ fencing: bigint }[]>`SELECT acquire_lease('prefetch', 'bench', 600) AS fencing`;
  const fencing = lease?.fencing ?? 0n;
  for (let left = count; left > 0; left -= BATCH) {
    await sql`
      WITH fresh AS (SELECT nextval('bench_number') AS number FROM generate_series(1, ${Math.min(left, BATCH)}::int))
      SELECT stage_pairs(
        ${fencing}, '{}', array_agg('bench_' || md5(number::text)), array_agg(NULL::timestamptz),
        array_agg('9' || lpad(number::text, 15, '0')), array_agg(NULL::timestamptz), '{}', '{}', 0
      )
      FROM fresh
    `;
    await sql`SELECT activate_pairs(${fencing}, ARRAY(SELECT pair_id FROM staged_pair))`;
  }
}

/** Most tokens of one prefetch call. */
const BATCH = 5_000;
