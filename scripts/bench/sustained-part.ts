import type { Sql } from '../../lambdas/pool/database.ts';
import { connect } from '../../lambdas/pool/database.ts';
import { closeEvents, takeEvents } from '../../lambdas/pool/pool-jobs.ts';
import type { BenchPart } from './bench-part.ts';
import { refill } from './bench-server.ts';
import { type ClosedLoop, closedLoop } from './client-load.ts';
import { createYardsticks, reserveAndMark, twoBareUpdates } from './designs.ts';
import { median } from './report.ts';

const CLIENTS = 64;
/** Between two refills of 5,000 pairs, in milliseconds. */
const REFILL_PAUSE_MS = 500;
/** Events closed at once, as the relay does with a full outbox, and its pause when there are fewer. */
const RELAY_BATCH = 1_000;
const RELAY_PAUSE_MS = 100;

/** Reserve and mark used for a long time with refills, the relay and autovacuum going on, plain and with a snapshot that keeps vacuum from its work. */
export const sustainedPart: BenchPart = {
  name: 'sustained',
  async run({ server, isFull, progress }) {
    const seconds = isFull ? 60 : 12;
    const rounds = isFull ? 3 : 1;
    const details: Record<string, ClosedLoop[]> = {};
    const { url, sql, address } = await server.createDatabase();
    await createYardsticks(sql);
    const measure = async (name: string, isOurs: boolean, isSnapshotHeld: boolean): Promise<ClosedLoop> => {
      if (isOurs) await refill(sql, seconds * 11_000);
      await sql.unsafe('CHECKPOINT');
      const release = isSnapshotHeld ? await holdSnapshot(url) : async () => undefined;
      const stopJobs = isOurs ? keepWorking(sql) : async () => undefined;
      const work = isOurs ? reserveAndMark : twoBareUpdates;
      const result = await closedLoop(address, { clients: CLIENTS, seconds, work });
      await stopJobs();
      await release();
      details[name] = [...(details[name] ?? []), result];
      progress(`${name}: ${Math.round(result.rate)} a second`);
      return result;
    };
    const plain: number[] = [];
    const held: number[] = [];
    const lastFirst: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const limit = await measure('two bare updates', false, false);
      plain.push((await measure('reserve + mark', true, false)).rate / limit.rate);
      const heldLimit = await measure('two bare updates, snapshot held', false, true);
      const ours = await measure('reserve + mark, snapshot held', true, true);
      held.push(ours.rate / heldLimit.rate);
      lastFirst.push((ours.tenths[9] ?? 0) / (ours.tenths[0] ?? 1));
    }
    return {
      ratios: {
        reserveMarkSustained: median(plain),
        reserveMarkSnapshot: median(held),
        reserveMarkSnapshotLastFirst: median(lastFirst),
      },
      details,
    };
  },
};

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
    repeat(RELAY_PAUSE_MS, async () => {
      const events = await takeEvents(sql, RELAY_BATCH, 30);
      await closeEvents(
        sql,
        events.map(({ pairId }) => pairId),
      );
      return events.length === RELAY_BATCH;
    }),
  ];
  return async () => {
    isStopped = true;
    await Promise.all(jobs);
  };
}
