import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Database, type Sql } from '../../../lambdas/pool/database/database.ts';
import { createRefillStore } from '../../../lambdas/pool/refill-store.ts';
import type { CardReference } from '../../../lambdas/tokenization/model/card-reference.ts';
import type { InternalToken } from '../../../lambdas/tokenization/model/internal-token.ts';
import type { RefillStore } from '../../../lambdas/tokenization/ports/refill-store.ts';
import type { BenchPart } from './bench-part.ts';
import { median } from './report.ts';

/** Most tokens of one prefetch call. */
const BATCH = 5_000;
const ROUNDS = 9;

/**
 * Compares staging a batch from Node, with all its guarantees, to COPY of the same rows into a
 * table with the same columns.
 */
export const bulkPart: BenchPart = {
  name: 'bulk',
  async run({ server, isFull, progress }) {
    const { url, sql } = await server.createDatabase();
    await sql`CREATE TABLE pair_copied (LIKE pair INCLUDING ALL)`;
    const database = new Database(url, { maxConnections: 1, queryTimeoutMs: 60_000, attempts: 1, prepare: true });
    const store = createRefillStore(database, { leaseSeconds: 600, maxMappingFailures: 3, expiryMarginSeconds: 0 });
    const stagedMs: number[] = [];
    const copiedMs: number[] = [];
    for (let round = 0; round < ROUNDS * (isFull ? 3 : 1); round += 1) {
      const pairs = madeUpPairs(round * BATCH);
      await sql.unsafe('CHECKPOINT');
      copiedMs.push(await copy(sql, pairs));
      await sql.unsafe('CHECKPOINT');
      stagedMs.push(await stage(store, pairs));
    }
    await database.close();
    progress(`${BATCH} pairs: COPY ${median(copiedMs).toFixed(0)} ms, staged ${median(stagedMs).toFixed(0)} ms`);
    return {
      ratios: { bulkInsertVsCopy: median(copiedMs.map((ms, round) => ms / (stagedMs[round] ?? Number.NaN))) },
      details: { rows: BATCH, copiedMs, stagedMs },
    };
  },
};

interface MadeUpPair {
  readonly internalToken: InternalToken;
  readonly cardReference: CardReference;
}

const madeUpPairs = (from: number): readonly MadeUpPair[] =>
  Array.from({ length: BATCH }, (_, index) => ({
    internalToken: randomUUID() as string as InternalToken,
    cardReference: `9${String(from + index).padStart(15, '0')}` as CardReference,
  }));

async function copy(sql: Sql, pairs: readonly MadeUpPair[]): Promise<number> {
  const startedMs = performance.now();
  const target = await sql`COPY pair_copied (internal_token, card_reference) FROM STDIN`.writable();
  await pipeline(
    Readable.from([pairs.map(({ internalToken, cardReference }) => `${internalToken}\t${cardReference}\n`).join('')]),
    target,
  );
  return performance.now() - startedMs;
}

async function stage(store: RefillStore, pairs: readonly MadeUpPair[]): Promise<number> {
  const lease = await store.acquireLease('bench');
  if (lease === null) throw new Error('Another process has the lease.');
  const startedMs = performance.now();
  const { staged } = await store.stage(lease, [], {
    internalTokens: pairs.map(({ internalToken: token }) => ({ token, expiresAt: null })),
    references: pairs.map(({ cardReference: token }) => ({ token, expiresAt: null })),
    rejected: [],
  });
  if (staged !== pairs.length) throw new Error('Not all pairs were staged.');
  return performance.now() - startedMs;
}
