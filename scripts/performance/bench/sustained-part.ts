import { connect, type Sql } from '../../../lambdas/pool/database/database.ts';
import { closeEvents, takeEvents } from '../../../lambdas/pool/pool-jobs.ts';
import type { BenchPart } from './bench-part.ts';
import { type BenchDatabase, refill } from './bench-server.ts';
import { closedLoop } from './client-load.ts';
import { createYardsticks, reserveAndMark, twoBareUpdates } from './designs.ts';
import { median } from './report.ts';

const CLIENTS = 64;
/** Between two refills of 5,000 pairs, in milliseconds. */
const REFILL_PAUSE_MS = 500;
/** Events closed at once, as the relay does with a full outbox, and its pause when there are fewer. */
const RELAY_BATCH = 500;
const RELAY_PAUSE_MS = 100;
/** Pairs that one slice may take in a second. */
const PAIRS_PER_SECOND = 10_000;

interface Series {
  readonly bare: number[];
  readonly ours: number[];
}

/**
 * Reserve and mark used for a long time with refills, the relay and autovacuum going on, plain and with a snapshot that keeps vacuum from its work. The
 * limit takes its turn after each slice, so that a machine that others use too slows both.
 */
export const sustainedPart: BenchPart = {
  name: 'sustained',
  async run({ server, isFull, progress }) {
    const slices = isFull ? 12 : 6;
    const seconds = isFull ? 5 : 3;
    const measure = async (name: string, database: BenchDatabase): Promise<Series> => {
      const series: Series = { bare: [], ours: [] };
      for (let slice = 0; slice < slices; slice += 1) {
        series.ours.push(await reserveAndMarkSlice(database, seconds));
        series.bare.push(
          await closedLoop(database.address, { clients: CLIENTS, seconds: seconds / 2, work: twoBareUpdates }),
        );
        progress(
          `${name}: two bare updates ${series.bare.at(-1)?.toFixed(0)} a second, ours ${series.ours.at(-1)?.toFixed(0)}`,
        );
      }
      return series;
    };
    const fresh = async (): Promise<BenchDatabase> => {
      const database = await server.createDatabase();
      await createYardsticks(database.sql);
      await refill(database.sql, seconds * PAIRS_PER_SECOND);
      await database.sql.unsafe('CHECKPOINT');
      return database;
    };
    const plain = await measure('plain', await fresh());
    const database = await fresh();
    const release = await holdSnapshot(database.url);
    const held = await measure('snapshot held', database);
    await release();
    const heldRatios = ratiosOf(held);
    const end = Math.floor(slices / 3);
    return {
      ratios: {
        reserveMarkSustained: median(ratiosOf(plain)),
        reserveMarkSnapshot: median(heldRatios),
        reserveMarkSnapshotLastFirst: mean(heldRatios.slice(-end)) / mean(heldRatios.slice(0, end)),
      },
      details: { slices, secondsEach: seconds, plain, held },
    };
  },
};

const ratiosOf = ({ ours, bare }: Series): number[] => ours.map((rate, slice) => rate / (bare[slice] ?? Number.NaN));
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Operations a second, where the time that the relay needs after the clients have stopped counts too: filing what they used is part of the work. */
async function reserveAndMarkSlice({ sql, address }: BenchDatabase, seconds: number): Promise<number> {
  const [level] = await sql<{ available: number }[]>`SELECT count(*)::int AS available FROM available_pair`;
  await refill(sql, Math.max(0, seconds * PAIRS_PER_SECOND - (level?.available ?? 0)));
  const stopJobs = keepWorking(sql);
  const rate = await closedLoop(address, { clients: CLIENTS, seconds, work: reserveAndMark });
  await stopJobs();
  const startedMs = performance.now();
  while (await relayOnce(sql));
  return (rate * seconds) / (seconds + (performance.now() - startedMs) / 1_000);
}

/** A report that runs for the whole time: nothing that dies meanwhile can be vacuumed. */
async function holdSnapshot(url: string): Promise<() => Promise<void>> {
  const sql = connect(url, { maxConnections: 1, prepare: false });
  const held = Promise.withResolvers<void>();
  const letGo = Promise.withResolvers<void>();
  const reading = sql.begin('ISOLATION LEVEL REPEATABLE READ', async (transaction) => {
    await transaction`SELECT count(*) FROM pool_cursor`;
    held.resolve();
    await letGo.promise;
  });
  await held.promise;
  return async () => {
    letGo.resolve();
    await reading;
    await sql.end();
  };
}

/** The background work that belongs to what is measured: refills, and the relay, which closes events and files used pairs. */
function keepWorking(sql: Sql): () => Promise<void> {
  let isStopped = false;
  const repeat = async (pauseMs: number, work: () => Promise<boolean>): Promise<void> => {
    while (!isStopped) {
      const isMoreWaiting = await work();
      if (!isMoreWaiting) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const jobs = [
    repeat(REFILL_PAUSE_MS, async () => {
      await refill(sql, 5_000);
      return false;
    }),
    repeat(RELAY_PAUSE_MS, () => relayOnce(sql)),
  ];
  return async () => {
    isStopped = true;
    await Promise.all(jobs);
  };
}

/** One batch of the relay without its queue; whether more may be waiting. */
async function relayOnce(sql: Sql): Promise<boolean> {
  const events = await takeEvents(sql, RELAY_BATCH, 30);
  await closeEvents(sql, events);
  return events.length === RELAY_BATCH;
}
