import type { LoadOperation } from '../load/card-traffic.ts';
import type { BenchPart } from './bench-part.ts';
import { median, type Ratios } from './report.ts';
import { type Measured, type Service, startService } from './service-target.ts';

/** The peak of the requirements, in creations a second (docs/design.md#numbers). */
const PEAK = 150;
const TOME_MS = 50;
/** Calls a second that TOME allows for each operation. */
const TOME_PER_SECOND = 250;
/** The rate limit of the prefetch, the default of `TOME_BATCH_CALLS_PER_SECOND`. */
const BATCH_PER_SECOND = 80;
const ROUNDS = 3;
/**
 * 500 requests a second. Each operation stays below the limit of TOME with one call for each
 * request.
 */
const MIX_AT_500 = { create: 150, lookup: 175, detokenize: 175 };

interface ServiceRun {
  readonly service: Service;
  readonly seconds: number;
  readonly progress: (line: string) => void;
  readonly details: Record<string, unknown>;
}

/**
 * Compares the pool with the dual-call strategy over HTTP at the local gateway. They take turns
 * with one TOME at 50 ms.
 */
export const servicePart: BenchPart = {
  name: 'service',
  async run({ isFull, progress }) {
    // With `--full` three rounds of creations use 5,000 pairs, one full batch of the refill.
    const seconds = isFull ? 11.2 : 4;
    progress('starting the stack and filling its pool');
    const service = await startService(isFull ? 16_000 : 5_000);
    const run: ServiceRun = { service, seconds, progress, details: { secondsEach: seconds } };
    try {
      const ratios = { ...(await underRefill(run)), ...(await creations(run)), ...(await reads(run)) };
      await at500(run);
      return { ratios, details: run.details };
    } finally {
      await service.close();
    }
  },
};

/**
 * Measures creations without and with a refill at the same time, under the limit of TOME, and
 * compares the rate of the refill with its own limit.
 */
async function underRefill({ service, seconds, progress, details }: ServiceRun): Promise<Ratios> {
  const p99s = async (): Promise<number[]> => {
    const found: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      found.push(latencyOf(await service.pooled.measure({ create: 1 }, PEAK, seconds), 'create').p99);
    }
    return found;
  };
  // The first requests of a process are slower.
  await service.pooled.measure({ create: 1 }, PEAK, 1);
  const without = await p99s();
  const refilling = service.refill();
  const during = await p99s();
  const perSecond = await refilling;
  progress(`create p99 ${median(without).toFixed(1)} ms, during a refill ${median(during).toFixed(1)}`);
  progress(`the refill brought ${perSecond.toFixed(1)} pairs a second, of at most ${BATCH_PER_SECOND}`);
  details['refill'] = { p99Without: without, p99During: during, pairsPerSecond: perSecond };
  return { liveP99DuringRefill: median(during) / median(without), prefetchVsBudget: perSecond / BATCH_PER_SECOND };
}

/**
 * Measures creations at the peak. The dual-call strategy needs 300 calls a second of one operation,
 * more than TOME allows. So the ratios are measured without the limit. The details have one
 * measurement with the limit.
 */
async function creations({ service, seconds, progress, details }: ServiceRun): Promise<Ratios> {
  await service.dual.measure({ create: 1 }, PEAK / 2, 1);
  const limited = await service.dual.measure({ create: 1 }, PEAK, seconds);
  await service.setSwitches({ rateLimitScope: 'off', latencySpread: 0 });
  await service.dual.measure({ create: 1 }, PEAK / 2, 1);
  const pooled: Measured[] = [];
  const dual: Measured[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    pooled.push(await service.pooled.measure({ create: 1 }, PEAK, seconds));
    dual.push(await service.dual.measure({ create: 1 }, PEAK, seconds));
    progress(
      `create at ${PEAK}/s: pooled p50 ${text(pooled, 'p50')}, p99 ${text(pooled, 'p99')} ms; dual-call p50 ${text(dual, 'p50')}, p99 ${text(dual, 'p99')} ms`,
    );
  }
  await service.setSwitches({ rateLimitScope: 'endpoint', rateLimitPerSecond: TOME_PER_SECOND, latencySpread: 0.1 });
  const [p50, p99] = [of(pooled, 'p50'), of(pooled, 'p99')];
  details['create'] = {
    pooled: pooled.map(summaryOf),
    dual: dual.map(summaryOf),
    dualUnderTomesLimit: summaryOf(limited),
  };
  return {
    createP50VsDual: p50 / of(dual, 'p50'),
    createP99VsDual: p99 / of(dual, 'p99'),
    overheadP50Ms: p50 - TOME_MS,
    overheadP99Ms: p99 - TOME_MS,
    liveCallsPerCreate: callsEach(pooled, 'create'),
  };
}

async function reads({ service, seconds, progress, details }: ServiceRun): Promise<Ratios> {
  const ratios: Ratios = {};
  for (const operation of ['lookup', 'detokenize'] as const) {
    const pooled = await service.pooled.measure({ [operation]: 1 }, PEAK, seconds);
    const dual = await service.dual.measure({ [operation]: 1 }, PEAK / 2, seconds);
    details[operation] = { pooledAt150: summaryOf(pooled), dualAt75: summaryOf(dual) };
    progress(`${operation}: pooled p50 ${latencyOf(pooled, operation).p50.toFixed(1)} ms`);
    ratios[operation === 'lookup' ? 'liveCallsPerLookup' : 'liveCallsPerDetokenize'] = callsEach([pooled], operation);
  }
  return ratios;
}

/** Measures a higher load than required: 500 requests a second of all three operations. */
async function at500({ service, seconds, progress, details }: ServiceRun): Promise<void> {
  const pooled = await service.pooled.measure(MIX_AT_500, 500, seconds);
  const dual = await service.dual.measure(MIX_AT_500, 500, seconds);
  details['at500'] = { pooled: summaryOf(pooled), dual: summaryOf(dual) };
  progress(`500/s: create pooled p50 ${latencyOf(pooled, 'create').p50.toFixed(1)} ms`);
}

type Percentile = 'p50' | 'p99';

const latencyOf = ({ operations }: Measured, operation: LoadOperation): Record<Percentile, number> => {
  const { p50, p99 } = operations[operation].latencyMs;
  return { p50: p50 ?? Number.NaN, p99: p99 ?? Number.NaN };
};

const of = (rounds: readonly Measured[], percentile: Percentile): number =>
  median(rounds.map((round) => latencyOf(round, 'create')[percentile]));

const text = (rounds: readonly Measured[], percentile: Percentile): string => of(rounds, percentile).toFixed(1);

const callsEach = (rounds: readonly Measured[], operation: LoadOperation): number =>
  rounds.reduce((sum, { calls }) => sum + calls.live[operation], 0) /
  rounds.reduce((sum, { operations }) => sum + operations[operation].sent, 0);

/** The part of a measurement that is stored. */
const summaryOf = ({ operations, latenessMs, calls }: Measured) => ({
  operations: Object.fromEntries(
    Object.entries(operations)
      .filter(([, { sent }]) => sent > 0)
      .map(([operation, { sent, errors, latencyMs }]) => [
        operation,
        { sent, errors, p50: latencyMs.p50, p95: latencyMs.p95, p99: latencyMs.p99, p999: latencyMs.p999 },
      ]),
  ),
  senderLateP99Ms: latenessMs.p99,
  liveCalls: calls.live,
});
