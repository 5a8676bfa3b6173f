import { Logger, runMigrations, run as runWorker } from 'graphile-worker';
import { PgBoss } from 'pg-boss';
import type { Sql } from '../../../lambdas/pool/database/database.ts';

/** A queue that takes and finishes one item at a time, through its own client library. */
export interface MeasuredQueue {
  readonly name: string;
  /** Adds items. */
  fill(count: number): Promise<void>;
  /** Returns how many items so many clients take and finish in a second. */
  drain(clients: number, seconds: number): Promise<number>;
  close(): Promise<void>;
}

const QUEUE = 'bench';
/** Jobs that pg-boss inserts with one statement. */
const INSERT_BATCH = 5_000;

/** graphile-worker with a task that does nothing, with its default of one job at a time. */
export async function graphileWorker(url: string, sql: Sql): Promise<MeasuredQueue> {
  await runMigrations({ connectionString: url, logger: SILENT });
  return {
    name: 'graphile-worker',
    async fill(count) {
      await sql`
        SELECT count(*) FROM graphile_worker.add_jobs(
          ARRAY(
            SELECT ROW(${QUEUE}::text, '{}'::json, NULL, NULL, NULL, NULL, NULL, NULL)::graphile_worker.job_spec
            FROM generate_series(1, ${count}::int)
          )
        )
      `;
    },
    async drain(clients, seconds) {
      let done = 0;
      const runner = await runWorker({
        connectionString: url,
        concurrency: clients,
        maxPoolSize: clients + 2,
        noHandleSignals: true,
        crontab: '',
        taskList: {
          [QUEUE]: () => {
            done += 1;
          },
        },
        logger: SILENT,
      });
      await sleep(WARM_UP_SECONDS);
      const before = done;
      await sleep(seconds);
      const taken = done - before;
      await runner.stop();
      return taken / seconds;
    },
    close: async () => undefined,
  };
}

/** pg-boss with one fetch and one complete for each job. */
export async function pgBoss(url: string, clients: number): Promise<MeasuredQueue> {
  const boss = new PgBoss({ connectionString: url, max: clients, supervise: false, schedule: false });
  boss.on('error', (error) => {
    throw error;
  });
  await boss.start();
  await boss.createQueue(QUEUE);
  return {
    name: 'pg-boss',
    async fill(count) {
      for (let left = count; left > 0; left -= INSERT_BATCH) {
        await boss.insert(
          QUEUE,
          Array.from({ length: Math.min(left, INSERT_BATCH) }, () => ({ data: {} })),
        );
      }
    },
    drain: (workers, seconds) =>
      repeatFor(workers, seconds, async () => {
        const [job] = await boss.fetch(QUEUE);
        if (job === undefined) throw new Error('The queue became empty during the measurement.');
        await boss.complete(QUEUE, job.id);
      }),
    close: () => boss.stop({ graceful: false }),
  };
}

/** Returns how often a second the workers run `once`, each one call after the other. */
export async function repeatFor(workers: number, seconds: number, once: () => Promise<void>): Promise<number> {
  const endMs = performance.now() + (WARM_UP_SECONDS + seconds) * 1_000;
  const startMs = performance.now() + WARM_UP_SECONDS * 1_000;
  let count = 0;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (performance.now() < endMs) {
        await once();
        const nowMs = performance.now();
        if (nowMs >= startMs && nowMs < endMs) count += 1;
      }
    }),
  );
  return count / seconds;
}

const SILENT = new Logger(() => () => undefined);
/** Time before the counting starts. */
const WARM_UP_SECONDS = 0.3;
const sleep = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
