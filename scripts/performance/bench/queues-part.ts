import { randomUUID } from 'node:crypto';
import { Database } from '../../../lambdas/pool/database/database.ts';
import { createPairStore } from '../../../lambdas/pool/pair-store.ts';
import type { BenchPart } from './bench-part.ts';
import { type BenchServer, refill } from './bench-server.ts';
import { graphileWorker, type MeasuredQueue, pgBoss, repeatFor } from './measured-queues.ts';
import { median } from './report.ts';

/** The number of clients of the sustained part, and a smaller one. */
const CLIENTS = [64, 16] as const;
/** More than any of the queues processes in a second on two cores. */
const MOST_PER_SECOND = 6_000;

/**
 * Compares the store of the pool with two general queues: take and finish one item at a time, each
 * through its own client library.
 */
export const queuesPart: BenchPart = {
  name: 'queues',
  async run({ server, isFull, progress }) {
    const seconds = isFull ? 10 : 2;
    const [workerDatabase, bossDatabase] = [await server.createDatabase(), await server.createDatabase()];
    const queues = [
      await poolQueue(server),
      await graphileWorker(workerDatabase.url, workerDatabase.sql),
      await pgBoss(bossDatabase.url, Math.max(...CLIENTS)),
    ];
    const rates: Record<string, number[]> = {};
    for (let round = 0; round < 3; round += 1) {
      for (const clients of CLIENTS) {
        for (const { name, fill, drain } of queues) {
          await fill(Math.ceil(seconds + 1) * MOST_PER_SECOND);
          await workerDatabase.sql.unsafe('CHECKPOINT');
          const rate = Math.round(await drain(clients, seconds));
          rates[`${name}, ${clients} clients`] = [...(rates[`${name}, ${clients} clients`] ?? []), rate];
          progress(`${clients} clients, ${name}: ${rate} a second taken and finished`);
        }
      }
    }
    for (const queue of queues) await queue.close();
    const ratioAt = (clients: number): number => {
      const [pool = Number.NaN, ...others] = queues.map(({ name }) =>
        median(rates[`${name}, ${clients} clients`] ?? []),
      );
      return pool / Math.max(...others);
    };
    const [headline, other] = CLIENTS;
    return {
      ratios: { takeFinishVsQueues: ratioAt(headline) },
      details: { secondsEach: seconds, perSecond: rates, [`ratioAt${other}Clients`]: ratioAt(other) },
    };
  },
};

async function poolQueue(server: BenchServer): Promise<MeasuredQueue> {
  const { url, sql } = await server.createDatabase();
  const database = new Database(url, {
    maxConnections: Math.max(...CLIENTS),
    queryTimeoutMs: 10_000,
    attempts: 1,
    prepare: true,
  });
  const store = createPairStore(database, { holdSeconds: 10, retentionSeconds: 60, directCreationsPerSecond: 0 });
  return {
    name: 'the pool',
    fill: (count) => refill(sql, count),
    drain: (clients, seconds) =>
      repeatFor(clients, seconds, async () => {
        const outcome = await store.reserve(randomUUID(), null);
        if (outcome.outcome !== 'reserved') throw new Error('The pool became empty during the measurement.');
        await store.markUsed(outcome.reservation, null);
      }),
    close: () => database.close(),
  };
}
