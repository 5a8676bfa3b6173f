import { connect, type Sql } from '../../../lambdas/pool/database/database.ts';
import { migrate } from '../../../lambdas/pool/migrate.ts';
import { startTemporaryDatabase } from '../../local/temporary-database.ts';
import { temporaryFolder } from '../../local/temporary-folder.ts';
import { giveCards, prefetchPairs, relayEvents, takeLease } from './pair-lives.ts';

/** Bytes for each pair that was used, unless the name says otherwise. */
export interface StorageFigures {
  readonly pairs: number;
  readonly table: number;
  /** By index of the registry. */
  readonly indexes: Readonly<Record<string, number>>;
  readonly total: number;
  /** All other tables and their indexes, in all: shelves, events, samples. They hold what is under way, and what vacuum has left of it. */
  readonly otherTablesInAll: number;
  /** Of a row of idempotency_key with its indexes; one for each creation of the last day. */
  readonly idempotencyKey: number;
  /** Write-ahead log of one pair's prefetch, and of one card's reserve, mark used and relay. */
  readonly walOfPrefetch: number;
  readonly walOfCard: number;
  /** What reserve, mark used and relay of one card take of one session's time in the database, without the network and the wait for the disk. */
  readonly millisecondsOfCard: number;
  /** Levels of the index on internal tokens, and leaves below one of its inner pages. */
  readonly indexLevels: number;
  readonly indexFanout: number;
}

/**
 * So many pairs through their whole life by the product's own database functions, each reserve and mark-used in a transaction of its own as in a
 * request, then what is on disk. Tokens are random and as long as the simulator's.
 */
export async function measureStorage(pairs: number, progress: (line: string) => void): Promise<StorageFigures> {
  const server = await startTemporaryDatabase({
    purpose: 'capacity',
    root: temporaryFolder(),
    // What is measured is bytes: no promise about a crash is needed, and the log holds whole pages once only.
    settings: ['synchronous_commit=off', 'max_wal_size=8GB', 'checkpoint_timeout=1h', 'autovacuum_naptime=2s'],
  });
  const sql = connect(server.url, { maxConnections: 1, prepare: false });
  try {
    await migrate(server.url, { grants: [] });
    const costs = await liveThrough(sql, pairs, progress);
    await sql.unsafe('VACUUM ANALYZE');
    return { pairs, ...costs, ...(await sizes(sql, pairs)) };
  } finally {
    await sql.end({ timeout: 1 });
    await server.stop();
  }
}

/** As many pairs in the pool at once as a refill brings, so that the shelves are as large as they ever are. */
const ROUND = 5_000;

async function liveThrough(sql: Sql, pairs: number, progress: (line: string) => void) {
  const fencing = await takeLease(sql);
  const sum = { walOfPrefetch: 0, walOfCard: 0, millisecondsOfCard: 0 };
  for (let lived = 0; lived < pairs; lived += ROUND) {
    const count = Math.min(ROUND, pairs - lived);
    const start = await walPosition(sql);
    await prefetchPairs(sql, fencing, { from: lived + 1, count });
    const prefetched = await walPosition(sql);
    const startedMs = performance.now();
    await giveCards(sql, count);
    await relayEvents(sql);
    sum.millisecondsOfCard += performance.now() - startedMs;
    sum.walOfPrefetch += prefetched - start;
    sum.walOfCard += (await walPosition(sql)) - prefetched;
    if ((lived / ROUND) % 10 === 0) progress(`${lived + count} of ${pairs} pairs have lived`);
  }
  return {
    walOfPrefetch: sum.walOfPrefetch / pairs,
    walOfCard: sum.walOfCard / pairs,
    millisecondsOfCard: sum.millisecondsOfCard / pairs,
  };
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
  await sql`CREATE EXTENSION pgstattuple`;
  const [index] = await sql<{ levels: number; fanout: number }[]>`
    SELECT tree_level + 1 AS levels, leaf_pages / greatest(1, internal_pages - 1)::float8 AS fanout
    FROM pgstatindex('pair_internal_token_key')
  `;
  return {
    table,
    indexes,
    total: sum(registry),
    otherTablesInAll: sum(rows.filter(({ ofTable }) => ofTable !== 'pair')) * pairs,
    idempotencyKey: (keys?.bytes ?? Number.NaN) / IDEMPOTENCY_KEYS,
    indexLevels: index?.levels ?? Number.NaN,
    indexFanout: index?.fanout ?? Number.NaN,
  };
}
