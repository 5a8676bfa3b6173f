import { connect, type Sql } from '../../../lambdas/pool/database/database.ts';
import { migrate } from '../../../lambdas/pool/migrate.ts';
import { startTemporaryDatabase } from '../../local/temporary-database.ts';
import { temporaryFolder } from '../../local/temporary-folder.ts';
import { createCards, prefetchPairs, relayEvents, takeLease } from './pair-lives.ts';

/** Bytes for each used pair, unless the name says otherwise. */
export interface StorageFigures {
  readonly pairs: number;
  readonly table: number;
  /** Bytes by index of the registry. */
  readonly indexes: Readonly<Record<string, number>>;
  readonly total: number;
  /**
   * Bytes of all other tables and their indexes together. They contain pairs and events in
   * progress, and dead rows that vacuum has not removed.
   */
  readonly otherTablesTotal: number;
  /**
   * Bytes of a row of idempotency_key with its indexes. There is one row for each creation of the
   * last day.
   */
  readonly idempotencyKey: number;
  /**
   * Bytes of write-ahead log of the prefetch of one pair, and of reserve, mark used and relay of
   * one card.
   */
  readonly walOfPrefetch: number;
  readonly walOfCard: number;
  /**
   * Time of one database session for reserve, mark used and relay of one card, without the network
   * and disk waits.
   */
  readonly millisecondsOfCard: number;
  /** Levels of the index on internal tokens, and leaves for each inner page. */
  readonly indexLevels: number;
  readonly indexFanout: number;
}

/**
 * Runs pairs through their whole life with the database functions of the product, with reserve and
 * mark used in separate transactions as in a request. Then measures the storage. Tokens are random,
 * with the length that the simulator uses.
 */
export async function measureStorage(pairs: number, progress: (line: string) => void): Promise<StorageFigures> {
  const server = await startTemporaryDatabase({
    purpose: 'capacity',
    root: temporaryFolder(),
    // Only bytes are measured, so durability is not needed. Long checkpoint intervals avoid
    // repeated full pages in the log.
    settings: ['synchronous_commit=off', 'max_wal_size=8GB', 'checkpoint_timeout=1h', 'autovacuum_naptime=2s'],
  });
  const sql = connect(server.url, { maxConnections: 1, prepare: false });
  try {
    await migrate(server.url, { grants: [] });
    const costs = await runLives(sql, pairs, progress);
    await sql.unsafe('VACUUM ANALYZE');
    return { pairs, ...costs, ...(await sizes(sql, pairs)) };
  } finally {
    await sql.end({ timeout: 1 });
    await server.stop();
  }
}

/**
 * A batch has as many pairs as a refill, so that the tables of available pairs have their usual
 * size.
 */
const ROUND = 5_000;

async function runLives(sql: Sql, pairs: number, progress: (line: string) => void) {
  const fencing = await takeLease(sql);
  const sum = { walOfPrefetch: 0, walOfCard: 0, millisecondsOfCard: 0 };
  for (let done = 0; done < pairs; done += ROUND) {
    const count = Math.min(ROUND, pairs - done);
    const start = await walPosition(sql);
    await prefetchPairs(sql, fencing, { from: done + 1, count });
    const prefetched = await walPosition(sql);
    const startedMs = performance.now();
    await createCards(sql, count);
    await relayEvents(sql);
    sum.millisecondsOfCard += performance.now() - startedMs;
    sum.walOfPrefetch += prefetched - start;
    sum.walOfCard += (await walPosition(sql)) - prefetched;
    if ((done / ROUND) % 10 === 0) progress(`${done + count} of ${pairs} pairs done`);
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
  const sum = (selected: readonly { readonly bytes: number }[]): number =>
    selected.reduce((total, { bytes }) => total + bytes, 0) / pairs;
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
    otherTablesTotal: sum(rows.filter(({ ofTable }) => ofTable !== 'pair')) * pairs,
    idempotencyKey: (keys?.bytes ?? Number.NaN) / IDEMPOTENCY_KEYS,
    indexLevels: index?.levels ?? Number.NaN,
    indexFanout: index?.fanout ?? Number.NaN,
  };
}
