import { Logger, runMigrations, run as runWorker } from 'graphile-worker';
import { PgBoss } from 'pg-boss';
import type { Sql } from '../../../lambdas/pool/database/database.ts';

/** A queue that takes and finishes one thing at a time, through its own client library. */
export interface Rival {
  readonly name: string;
  /** Things that are there to be taken. */
  fill(count: number): Promise<void>;
  /** Things taken and finished in a second, by so many clients of their own for so many seconds. */
  drain(clients: number, seconds: number): Promise<number>;
  close(): Promise<void>;
}

const QUEUE = 'bench';
/** Jobs that pg-boss is given in one statement. */
const INSERT_BATCH = 5_000;

/** Workers of graphile-worker with a task that does nothing; its own default of one job at a time. */
export async function graphileWorker(url: string, sql: Sql): Promise<Rival> {
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
      await pause(WARM_UP_SECONDS);
      const before = done;
      await pause(seconds);
      const taken = done - before;
      await runner.stop();
      return taken / seconds;
    },
    close: async () => undefined,
  };
}

/** pg-boss by its fetch and complete, one job each. */
export async function pgBoss(url: string, clients: number): Promise<Rival> {
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
        if (job === undefined) throw new Error('The queue ran dry while it was measured.');
        await boss.complete(QUEUE, job.id);
      }),
    close: () => boss.stop({ graceful: false }),
  };
}

/** How often a second so many workers did it, one after the other each. */
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
/** Before counting begins. */
const WARM_UP_SECONDS = 0.3;
const pause = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
