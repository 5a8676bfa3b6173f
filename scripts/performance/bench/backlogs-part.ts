import type { Sql } from '../../../lambdas/pool/database/database.ts';
import { additionalPairs, asOwner, clearBacklogs, pairs } from './backlog-rows.ts';
import { BACKLOGS, type Backlog, WHOLE_POOL } from './backlogs.ts';
import type { BenchPart } from './bench-part.ts';
import { type Execution, PlanWatcher } from './nested-plans.ts';
import { median } from './report.ts';

const FEW = 10_000;
const MANY = 1_000_000;
const MANY_IN_FULL = 10_000_000;
/** Rows of one insertion. */
const CHUNK = 1_000_000;
/** Rows of a batch, as in the settings of the jobs. */
const BATCH = 500;
/**
 * Most pairs in the registry. Of a longer backlog only the pairs of the first and the last rows
 * exist.
 */
const MOST_PAIRS = 1_000_000;
/**
 * The fence is one transaction over every unused pair. This is the largest pool that can be
 * configured.
 */
const LARGEST_POOL = 1_000_000;

interface Measured {
  readonly ms: number;
  readonly pages: number;
  /** How the nested statements read each table. */
  readonly reads: readonly string[];
}

/**
 * Measures the statement of each job with few and with many waiting rows: its time, its pages, and
 * how it reads its tables.
 */
export const backlogsPart: BenchPart = {
  name: 'backlogs',
  isExtra: true,
  async run({ server, isFull, progress }) {
    const many = isFull ? MANY_IN_FULL : MANY;
    const { url, sql } = await server.createDatabase();
    progress(`inserting ${many} pairs`);
    await insertPairs(sql, many);
    const watcher = new PlanWatcher(url);
    await watcher.open();
    const measured: Record<string, { readonly few: Measured; readonly many: Measured }> = {};
    for (const backlog of [...BACKLOGS, WHOLE_POOL]) {
      await clearBacklogs(sql);
      await insert(sql, backlog, 1, FEW);
      await sql.unsafe(asOwner(backlog.additionalRows ?? 'SELECT 1'));
      const few = await measure(watcher, backlog);
      await insert(sql, backlog, FEW + 1, many);
      const of = { few, many: await measure(watcher, backlog) };
      measured[backlog.name] = of;
      progress(
        `${backlog.name}: ${few.ms.toFixed(1)} ms and ${few.pages} pages of ${FEW} rows, ` +
          `${of.many.ms.toFixed(1)} ms and ${of.many.pages} pages of ${many}; ${of.many.reads.join(', ')}`,
      );
    }
    await watcher.close();
    const fenceMs = await measureFence(sql);
    progress(`the fence over ${LARGEST_POOL} available pairs: ${(fenceMs / 1_000).toFixed(1)} s`);
    return {
      // docs/capacity.md compares the pages. They have no goal.
      ratios: {},
      details: { few: FEW, many, batch: BATCH, measured, fence: { pairs: LARGEST_POOL, ms: Math.round(fenceMs) } },
    };
  },
};

/** The indexes are built after the rows are inserted, which is faster. */
async function insertPairs(sql: Sql, count: number): Promise<void> {
  await sql.unsafe(
    'ALTER TABLE pair DROP CONSTRAINT pair_internal_token_key, DROP CONSTRAINT pair_card_reference_key, DROP CONSTRAINT pair_pkey',
  );
  for (const [first, last] of chunks(1, Math.min(count, MOST_PAIRS))) await sql.unsafe(asOwner(pairs(first, last)));
  if (count > MOST_PAIRS) await sql.unsafe(asOwner(pairs(count - FEW, count)));
  await sql.unsafe(asOwner(additionalPairs()));
  await sql.unsafe('ALTER TABLE pair ADD PRIMARY KEY (id), ADD UNIQUE (internal_token), ADD UNIQUE (card_reference)');
}

async function insert(sql: Sql, { fill }: Backlog, first: number, last: number): Promise<void> {
  for (const [from, to] of chunks(first, last)) await sql.unsafe(asOwner(fill(from, to)));
}

function chunks(first: number, last: number): [number, number][] {
  const all: [number, number][] = [];
  for (let from = first; from <= last; from += CHUNK) all.push([from, Math.min(from + CHUNK - 1, last)]);
  return all;
}

async function measure(watcher: PlanWatcher, { name, statement, finds }: Backlog): Promise<Measured> {
  const executions: Execution[] = [];
  for (let turn = 0; turn < 3; turn += 1) executions.push(await watcher.execute(statement(BATCH)));
  const [last] = executions;
  if (last === undefined || last.found !== finds(BATCH)) throw new Error(`${name} found ${last?.found} rows.`);
  const reads = last.nodes.flatMap(({ type, relation }) => (relation === null ? [] : [`${relation} (${type})`]));
  return {
    ms: median(executions.map(({ milliseconds }) => milliseconds)),
    pages: last.pages,
    reads: [...new Set(reads)].sort(),
  };
}

async function measureFence(sql: Sql): Promise<number> {
  const available = BACKLOGS.find(({ name }) => name === 'retire_expired, none expired');
  if (available === undefined) throw new Error('There is no backlog of available pairs.');
  await clearBacklogs(sql);
  await insert(sql, available, 1, LARGEST_POOL);
  const startedMs = performance.now();
  await sql`SELECT * FROM fence_restored()`;
  return performance.now() - startedMs;
}
