import { scheduledJobs } from '../../../lambdas/function-names.ts';
import { startProcess } from '../../local/started-process.ts';
import { steadyArrivals } from '../load/arrivals.ts';
import { CardTraffic, type OperationMix } from '../load/card-traffic.ts';
import { HttpSender } from '../load/http-sender.ts';
import { runLoad } from '../load/load-run.ts';

export interface LogVolume {
  /** Bytes of log lines and embedded metrics of one request. */
  readonly create: number;
  readonly detokenize: number;
  /** Bytes of one run of the health, settling or relay job, on average. */
  readonly jobRun: number;
}

const REQUESTS = 200;
const JOB_RUNS = 20;
const PER_SECOND = 50;
/** The jobs that run each minute. */
const JOBS = scheduledJobs().flatMap(({ name, schedule }) => (schedule.everyMinutes === 1 ? [name] : []));
/** Time for the last lines to arrive, in milliseconds. */
const QUIET_MS = 500;

/**
 * Measures the output of a local stack whose functions log as on AWS (log level INFO, metrics on).
 */
export async function measureLogVolume(): Promise<LogVolume> {
  let bytes = 0;
  const stack = await startProcess(
    'scripts/performance/load/day/stack-process.ts',
    { DAY_FIRST_PAIRS: '500', POWERTOOLS_LOG_LEVEL: 'INFO', POWERTOOLS_METRICS_DISABLED: 'false' },
    (text) => {
      bytes += Buffer.byteLength(text);
    },
  );
  const sender = new HttpSender({ url: stack.url });
  const traffic = (mix: OperationMix) =>
    new CardTraffic({ mix, firstSerial: 1, runId: 'logs', idempotencyKeys: false, random: Math.random });
  const written = async (work: () => Promise<unknown>): Promise<number> => {
    const before = bytes;
    await work();
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    return bytes - before;
  };
  try {
    const creations = traffic({ create: 1, lookup: 0, detokenize: 0 });
    const arrivals = () => steadyArrivals(PER_SECOND, REQUESTS / PER_SECOND);
    const created = await written(() => runLoad({ sender, traffic: creations, arrivals: arrivals() }));
    const reads = traffic({ create: 0, lookup: 0, detokenize: 1 });
    // The first request has no card to read, so it is a creation.
    const first = await written(() => runLoad({ sender, traffic: reads, arrivals: [0] }));
    const read = await written(() => runLoad({ sender, traffic: reads, arrivals: arrivals() }));
    const jobs = await written(async () => {
      for (let run = 0; run < JOB_RUNS; run += 1) {
        for (const job of JOBS) await fetch(`${stack.url}/_local/jobs/${job}`, { method: 'POST' });
      }
    });
    if (first === 0) throw new Error('The functions wrote nothing: their metrics or log lines are off.');
    return { create: created / REQUESTS, detokenize: read / REQUESTS, jobRun: jobs / (JOB_RUNS * JOBS.length) };
  } finally {
    sender.close();
    await stack.close();
  }
}
