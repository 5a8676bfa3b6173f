import { startProcess } from '../../local/started-process.ts';
import { seededRandom } from '../../simulator/seeded-random.ts';
import { steadyArrivals } from '../load/arrivals.ts';
import { CardTraffic, LOAD_OPERATIONS, type LoadOperation } from '../load/card-traffic.ts';
import { HttpSender } from '../load/http-sender.ts';
import { type LoadOutcome, runLoad } from '../load/load-run.ts';
import { type LoadTarget, localTarget } from '../load/load-target.ts';
import { type TomeCalls, watchTome } from '../load/tome-watch.ts';

export type Mix = Partial<Record<LoadOperation, number>>;

export interface Measured extends LoadOutcome {
  readonly calls: TomeCalls;
}

/** One implementation of the routes, under an open-loop load over HTTP. */
export interface ServiceTarget {
  measure(mix: Mix, perSecond: number, seconds: number): Promise<Measured>;
}

/**
 * The pool and the dual-call strategy with one simulator. Live calls have no rate limit here,
 * because the limit would be measured.
 */
export interface Service {
  readonly pooled: ServiceTarget;
  readonly dual: ServiceTarget;
  /** Changes the switches of the simulator. */
  setSwitches(switches: object): Promise<void>;
  /** Runs the prefetch job to its end. Returns the pairs that it activated in a second. */
  refill(): Promise<number>;
  close(): Promise<void>;
}

const NO_LIVE_RATE_LIMIT = { TOME_LIVE_CALLS_PER_SECOND: '0', POWERTOOLS_LOG_LEVEL: 'SILENT' };

export async function startService(poolSize: number): Promise<Service> {
  const stack = await localTarget('scripts/performance/bench/bench-stack-process.ts', {
    ...NO_LIVE_RATE_LIMIT,
    POOL_TARGET_MIN: String(poolSize),
    POOL_TARGET_MAX: String(poolSize),
    POOL_COVER_MINUTES: '0',
    POOL_LOW_WATER_RATIO: '0',
  });
  const tomeUrl = stack.tomeUrl ?? '';
  const direct = await startProcess('scripts/local/demo/direct-api-process.ts', {
    ...NO_LIVE_RATE_LIMIT,
    TOKENIZER: 'direct',
    TOME_URL: tomeUrl,
  });
  const directSender = new HttpSender({ url: direct.url });
  return {
    pooled: serviceTarget(stack.sender, tomeUrl, 'pooled', 1),
    dual: serviceTarget(directSender, tomeUrl, 'dual', 500_000_000),
    async setSwitches(switches) {
      const body = JSON.stringify(switches);
      const response = await fetch(`${stack.url}/_local/tome/switches`, { method: 'PUT', body });
      if (!response.ok) throw new Error(`The simulator refuses the switches ${body}.`);
    },
    async refill() {
      const startedMs = performance.now();
      const response = await fetch(`${stack.url}/_local/jobs/prefetch`, { method: 'POST' });
      const result = (await response.json()) as { activated: number; outcome: string };
      if (result.outcome !== 'full') throw new Error(`The refill ended ${result.outcome}.`);
      return result.activated / ((performance.now() - startedMs) / 1_000);
    },
    async close() {
      directSender.close();
      await direct.close();
      await stack.close();
    },
  };
}

function serviceTarget(
  sender: LoadTarget['sender'],
  tomeUrl: string,
  name: string,
  firstSerial: number,
): ServiceTarget {
  const runId = `bench-${name}`;
  // The traffic reads `mix` for each request. Cards of earlier measurements stay known.
  const mix: Record<LoadOperation, number> = { create: 1, lookup: 0, detokenize: 0 };
  const random = seededRandom(firstSerial);
  const traffic = new CardTraffic({ mix, firstSerial, runId, idempotencyKeys: false, random });
  return {
    async measure(wanted, perSecond, seconds) {
      for (const operation of LOAD_OPERATIONS) mix[operation] = wanted[operation] ?? 0;
      const tome = await watchTome(tomeUrl, runId);
      const outcome = await runLoad({ sender, traffic, arrivals: steadyArrivals(perSecond, seconds) });
      if (outcome.wrongTotal > 0) throw new Error(`The ${name} service gave ${outcome.wrongTotal} wrong answers.`);
      return { ...outcome, calls: await tome.finish() };
    },
  };
}
