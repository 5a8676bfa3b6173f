import { connect, type Sql } from '../../../lambdas/pool/database/database.ts';
import { closeEvents, takeEvents } from '../../../lambdas/pool/pool-jobs.ts';
import type { BenchPart } from './bench-part.ts';
import { type BenchDatabase, refill } from './bench-server.ts';
import { closedLoop } from './client-load.ts';
import { createBaselines, reserveAndMark, twoBareUpdates } from './designs.ts';
import { median } from './report.ts';

const CLIENTS = 64;
/** Pause between two refills of 5,000 pairs, in milliseconds. */
const REFILL_PAUSE_MS = 500;
/**
 * Events of one relay batch, and the pause of the relay when a batch is not full, in milliseconds.
 */
const RELAY_BATCH = 500;
const RELAY_PAUSE_MS = 100;
/** Most pairs that a slice takes in a second. */
const PAIRS_PER_SECOND = 10_000;

interface Series {
  readonly bare: number[];
  readonly measured: number[];
}

/**
 * Measures reserve and mark used over a long time, while refills, the relay and autovacuum run:
 * once plainly, and once with a snapshot that prevents vacuum from removing rows. The limit is
 * measured after each slice, so that other load on the machine slows down both.
 */
export const sustainedPart: BenchPart = {
  name: 'sustained',
  async run({ server, isFull, progress }) {
    const slices = isFull ? 12 : 6;
    const seconds = isFull ? 5 : 3;
    const measure = async (name: string, database: BenchDatabase): Promise<Series> => {
      const series: Series = { bare: [], measured: [] };
      for (let slice = 0; slice < slices; slice += 1) {
        series.measured.push(await reserveAndMarkSlice(database, seconds));
        series.bare.push(
          await closedLoop(database.address, { clients: CLIENTS, seconds: seconds / 2, work: twoBareUpdates }),
        );
        progress(
          `${name}: two bare updates ${series.bare.at(-1)?.toFixed(0)} a second, reserve + mark used ${series.measured.at(-1)?.toFixed(0)}`,
        );
      }
      return series;
    };
    const fresh = async (): Promise<BenchDatabase> => {
      const database = await server.createDatabase();
      await createBaselines(database.sql);
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

const ratiosOf = ({ measured, bare }: Series): number[] =>
  measured.map((rate, slice) => rate / (bare[slice] ?? Number.NaN));
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Returns operations a second. The time that the relay needs after the clients have stopped is
 * included, because updating the registry is part of the work.
 */
async function reserveAndMarkSlice({ sql, address }: BenchDatabase, seconds: number): Promise<number> {
  const [level] = await sql<{ available: number }[]>`SELECT count(*)::int AS available FROM available_pair`;
  await refill(sql, Math.max(0, seconds * PAIRS_PER_SECOND - (level?.available ?? 0)));
  const stopJobs = startJobs(sql);
  const rate = await closedLoop(address, { clients: CLIENTS, seconds, work: reserveAndMark });
  await stopJobs();
  const startedMs = performance.now();
  while (await relayOnce(sql));
  return (rate * seconds) / (seconds + (performance.now() - startedMs) / 1_000);
}

/** Holds a snapshot open, as a long report does. Vacuum cannot remove rows that die meanwhile. */
async function holdSnapshot(url: string): Promise<() => Promise<void>> {
  const sql = connect(url, { maxConnections: 1, prepare: false });
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const reading = sql.begin('ISOLATION LEVEL REPEATABLE READ', async (transaction) => {
    await transaction`SELECT count(*) FROM pool_cursor`;
    held.resolve();
    await released.promise;
  });
  await held.promise;
  return async () => {
    released.resolve();
    await reading;
    await sql.end();
  };
}

/**
 * Runs the background work that belongs to the measurement: refills, and the relay, which closes
 * events and updates the registry.
 */
function startJobs(sql: Sql): () => Promise<void> {
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

/** Runs one batch of the relay without its queue. Returns whether more events may be waiting. */
async function relayOnce(sql: Sql): Promise<boolean> {
  const events = await takeEvents(sql, RELAY_BATCH, 30);
  await closeEvents(sql, events);
  return events.length === RELAY_BATCH;
}
