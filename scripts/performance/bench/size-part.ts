import { readFileSync } from 'node:fs';
import type { Sql } from '../../../lambdas/pool/database/database.ts';
import { readPoolHealth } from '../../../lambdas/pool/pool-health.ts';
import type { BenchPart } from './bench-part.ts';
import { type BenchDatabase, refill } from './bench-server.ts';
import { openLoopLatency } from './client-load.ts';
import { reserve } from './designs.ts';
import { median } from './report.ts';

const FEW = 10_000;
const MANY = 1_000_000;
const MANY_IN_FULL = 10_000_000;
const RATES = [150, 1_000] as const;
const CLIENTS = 16;
const ROUNDS = 3;

/**
 * Measures whether reserving and the health query depend on the number of used pairs. Few and many
 * take turns.
 */
export const sizePart: BenchPart = {
  name: 'size',
  async run({ server, isFull, progress }) {
    const seconds = isFull ? 10 : 3;
    const many = isFull ? MANY_IN_FULL : MANY;
    const few = await server.createDatabase();
    const big = await server.createDatabase();
    await insertUsed(few.sql, FEW);
    progress(`inserting ${many} used pairs`);
    await insertUsed(big.sql, many);
    const taken = RATES.reduce((sum, rate) => sum + rate, 0) * seconds * (ROUNDS + 1);
    for (const { sql } of [few, big]) await refill(sql, taken);
    const p99: Record<string, number[]> = {};
    const measure = async (name: string, { sql, address }: BenchDatabase, perSecond: number): Promise<number> => {
      await sql.unsafe('CHECKPOINT');
      const latency = await openLoopLatency(address, { perSecond, seconds, clients: CLIENTS, work: reserve });
      const ms = latency.percentile(99) ?? Number.NaN;
      p99[`${name} at ${perSecond}`] = [...(p99[`${name} at ${perSecond}`] ?? []), ms];
      return ms;
    };
    const ratios: number[] = [];
    for (const perSecond of RATES) {
      for (let round = 0; round < ROUNDS; round += 1) {
        const fewMs = await measure('few', few, perSecond);
        const manyMs = await measure('many', big, perSecond);
        progress(
          `${perSecond}/s: p99 ${fewMs.toFixed(2)} ms with ${FEW} used pairs, ${manyMs.toFixed(2)} with ${many}`,
        );
      }
      ratios.push(median(p99[`many at ${perSecond}`] ?? []) / median(p99[`few at ${perSecond}`] ?? []));
    }
    const health = await healthOf(big.sql);
    progress(`pool health ${health.ms.toFixed(1)} ms, reads ${health.reads.join(', ')}`);
    const [sizeP99At150 = Number.NaN, sizeP99At1000 = Number.NaN] = ratios;
    return {
      ratios: { sizeP99At150, sizeP99At1000, healthMsManyUsed: health.ms },
      details: { few: FEW, many, secondsEach: seconds, p99Ms: p99, health },
    };
  },
};

/**
 * Inserts used pairs without triggers, as years of operation would leave them. The indexes are
 * built after the rows, which is faster.
 */
async function insertUsed(sql: Sql, count: number): Promise<void> {
  await sql.unsafe(`
    SET session_replication_role = replica;
    ALTER TABLE pair DROP CONSTRAINT pair_internal_token_key, DROP CONSTRAINT pair_card_reference_key;
    INSERT INTO pair (internal_token, card_reference, state, reservation_id, available_at, reserved_at, used_at)
      SELECT md5(number::text), '8' || lpad(number::text, 15, '0'), 'USED', gen_random_uuid(), now(), now(), now()
      FROM generate_series(1, ${count}) AS number;
    ALTER TABLE pair ADD UNIQUE (internal_token), ADD UNIQUE (card_reference);
    UPDATE sent_event_count SET sent = ${count};
    SET session_replication_role = origin;
  `);
  await sql.unsafe('VACUUM ANALYZE');
}

const HEALTH = new URL('../../../lambdas/pool/functions/health/pool-health.sql', import.meta.url);

/**
 * Returns the milliseconds of the health query, and how it reads each table. Throws when it reads
 * the registry.
 */
async function healthOf(sql: Sql): Promise<{ readonly ms: number; readonly reads: readonly string[] }> {
  const body = /\$\$(.*)\$\$/s.exec(readFileSync(HEALTH, 'utf8'))?.[1];
  if (body === undefined) throw new Error('The file of the health function has no body.');
  const [plan] = await sql.unsafe<{ 'QUERY PLAN': unknown }[]>(`EXPLAIN (FORMAT JSON) ${body}`);
  const reads = readsOf(plan?.['QUERY PLAN']);
  const times: number[] = [];
  for (let round = 0; round < 21; round += 1) {
    const startedMs = performance.now();
    await readPoolHealth(sql);
    times.push(performance.now() - startedMs);
  }
  return { ms: median(times), reads };
}

function readsOf(plan: unknown): readonly string[] {
  const found = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('Relation Name' in node && 'Node Type' in node) {
      found.add(`${String(node['Relation Name'])} (${String(node['Node Type'])})`);
    }
    for (const value of Object.values(node)) walk(value);
  };
  walk(plan);
  if ([...found].some((read) => read.startsWith('pair '))) throw new Error('Pool health reads the registry.');
  return [...found].sort();
}
