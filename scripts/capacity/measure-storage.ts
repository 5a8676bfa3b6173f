import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type Sql } from '../../lambdas/pool/database.ts';
import { migrate } from '../../lambdas/pool/migrate.ts';
import { startEmbeddedDatabase } from '../local/embedded-database.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';
import { giveCards, prefetchPairs, relayEvents } from './pair-lives.ts';

/** Bytes for each pair that was used, unless the name says otherwise. */
export interface StorageFigures {
  readonly pairs: number;
  readonly table: number;
  /** By index of the registry. */
  readonly indexes: Readonly<Record<string, number>>;
  readonly total: number;
  /** All other tables and their indexes: shelves, events, samples. They hold what is under way, and what vacuum has left of it. */
  readonly shelvesAndOthers: number;
  /** Of a row of idempotency_key with its indexes; one for each creation of the last day. */
  readonly idempotencyKey: number;
  /** Write-ahead log of one pair's prefetch, and of one card's reserve, mark used and relay. */
  readonly walOfPrefetch: number;
  readonly walOfCard: number;
  /** Levels of the largest index. */
  readonly indexLevels: number;
}

/**
 * So many pairs through their whole life by the product's own database functions, each reserve and mark-used in a transaction of its own as in a
 * request, then what is on disk. Tokens are random and as long as the simulator's.
 */
export async function measureStorage(pairs: number, progress: (line: string) => void): Promise<StorageFigures> {
  const folder = mkdtempSync(join(temporaryFolder(), 'pool-capacity-'));
  // PostgreSQL refuses to run as root: the user it runs as must be able to pass through.
  chmodSync(folder, 0o711);
  const server = await startEmbeddedDatabase({
    directory: join(folder, 'postgres'),
    // What is measured is bytes: no promise about a crash is needed, and the log holds whole pages once only.
    settings: ['synchronous_commit=off', 'max_wal_size=8GB', 'checkpoint_timeout=1h', 'autovacuum_naptime=5s'],
  });
  const sql = connect(server.url, { maxConnections: 1, prepare: false });
  try {
    await migrate(server.url, { grants: [] });
    progress(`${pairs} pairs are prefetched`);
    const walOfPrefetch = (await walOf(sql, () => prefetchPairs(sql, pairs))) / pairs;
    progress(`${pairs} cards take them`);
    const walOfCard =
      (await walOf(sql, async () => {
        await giveCards(sql, pairs);
        await relayEvents(sql);
      })) / pairs;
    await sql.unsafe('VACUUM ANALYZE');
    return { pairs, walOfPrefetch, walOfCard, ...(await sizes(sql, pairs)) };
  } finally {
    await sql.end({ timeout: 1 });
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function walOf(sql: Sql, work: () => Promise<void>): Promise<number> {
  await sql`CHECKPOINT`;
  const before = await walPosition(sql);
  await work();
  return (await walPosition(sql)) - before;
}

async function walPosition(sql: Sql): Promise<number> {
  const [position] = await sql<
    { bytes: number }[]
  >`SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS bytes`;
  return position?.bytes ?? Number.NaN;
}

const IDEMPOTENCY_KEYS = 50_000;

async function sizes(sql: Sql, pairs: number) {
  const rows = await sql<{ relation: string; ofTable: string; bytes: number }[]>`
    SELECT relation.relname AS relation, coalesce(indexed.relname, relation.relname) AS "ofTable",
      pg_table_size(relation.oid)::float8 AS bytes
    FROM pg_class AS relation
    LEFT JOIN pg_index ON pg_index.indexrelid = relation.oid
    LEFT JOIN pg_class AS indexed ON indexed.oid = pg_index.indrelid
    WHERE relation.relnamespace = 'public'::regnamespace AND relation.relkind IN ('r', 'i')
  `;
  const sum = (those: readonly { readonly bytes: number }[]): number =>
    those.reduce((total, { bytes }) => total + bytes, 0) / pairs;
  const registry = rows.filter(({ ofTable }) => ofTable === 'pair');
  const table = sum(registry.filter(({ relation }) => relation === 'pair'));
  const indexes = Object.fromEntries(
    registry.filter(({ relation }) => relation !== 'pair').map((index) => [index.relation, index.bytes / pairs]),
  );
  await sql`
    INSERT INTO idempotency_key (key_hash, fingerprint, reservation_id, pair_id, held_until, expires_at)
    SELECT sha256(number::text::bytea), sha256(('of ' || number)::bytea), gen_random_uuid(), number, now(), now()
    FROM generate_series(1, ${IDEMPOTENCY_KEYS}::int) AS number
  `;
  const [keys] = await sql<{ bytes: number }[]>`SELECT pg_total_relation_size('idempotency_key')::float8 AS bytes`;
  await sql`CREATE EXTENSION pageinspect`;
  const [largest] = await sql<{ levels: number }[]>`
    SELECT max((bt_metap(indexrelid::regclass::text)).level)::int + 1 AS levels FROM pg_index WHERE indrelid = 'pair'::regclass
  `;
  return {
    table,
    indexes,
    total: sum(registry),
    shelvesAndOthers: sum(rows.filter(({ ofTable }) => ofTable !== 'pair')),
    idempotencyKey: (keys?.bytes ?? Number.NaN) / IDEMPOTENCY_KEYS,
    indexLevels: largest?.levels ?? Number.NaN,
  };
}
