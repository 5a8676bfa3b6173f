import type { LoadOperation } from '../load/card-traffic.ts';
import type { BenchPart } from './bench-part.ts';
import { median, type Ratios } from './report.ts';
import { type Measured, type Service, startService } from './service-target.ts';

/** The users' peak. */
const PEAK = 150;
const TOME_MS = 50;
/** What TOME allows for each operation. */
const TOME_PER_SECOND = 250;
/** The prefetch's share, as `TOME_BATCH_CALLS_PER_SECOND` has it by default. */
const BATCH_PER_SECOND = 80;
const ROUNDS = 3;
/** Each operation stays below TOME's limit for one call; 500 a second together. */
const MIX_AT_500 = { create: 150, lookup: 175, detokenize: 175 };

interface Run {
  readonly service: Service;
  readonly seconds: number;
  readonly progress: (line: string) => void;
  readonly details: Record<string, unknown>;
}

/** The routes over HTTP, as the local gateway serves them: by the pool and by the dual-call way, in turns, over one TOME at 50 ms. */
export const servicePart: BenchPart = {
  name: 'service',
  async run({ isFull, progress }) {
    // In full, what three rounds of creations take from the pool is a refill of 5,000.
    const seconds = isFull ? 11.2 : 4;
    progress('starting the stack and filling its pool');
    const service = await startService(isFull ? 16_000 : 5_000);
    const run: Run = { service, seconds, progress, details: { secondsEach: seconds } };
    try {
      const ratios = { ...(await underRefill(run)), ...(await creations(run)), ...(await reads(run)) };
      await at500(run);
      return { ratios, details: run.details };
    } finally {
      await service.close();
    }
  },
};

/** Creations without a refill and then during one, under TOME's limit; and how near the refill comes to its own budget. */
async function underRefill({ service, seconds, progress, details }: Run): Promise<Ratios> {
  const p99s = async (): Promise<number[]> => {
    const found: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      found.push(latencyOf(await service.pooled.measure({ create: 1 }, PEAK, seconds), 'create').p99);
    }
    return found;
  };
  // The first requests of a process are slower, whoever serves them.
  await service.pooled.measure({ create: 1 }, PEAK, 1);
  const without = await p99s();
  const refilling = service.refill();
  const during = await p99s();
  const perSecond = await refilling;
  progress(`create p99 ${median(without).toFixed(1)} ms, during a refill ${median(during).toFixed(1)}`);
  progress(`the refill brought ${perSecond.toFixed(1)} pairs a second of ${BATCH_PER_SECOND}`);
  details['refill'] = { p99Without: without, p99During: during, pairsPerSecond: perSecond };
  return { liveP99DuringRefill: median(during) / median(without), prefetchVsBudget: perSecond / BATCH_PER_SECOND };
}

/**
 * Creations at the peak. At TOME's limit the dual-call way cannot serve them at all (two calls each of one operation are 300 a second), so the ratios
 * are taken where TOME has no limit; what the limit does to the dual-call way stands in the details.
 */
async function creations({ service, seconds, progress, details }: Run): Promise<Ratios> {
  await service.dual.measure({ create: 1 }, PEAK / 2, 1);
  const limited = await service.dual.measure({ create: 1 }, PEAK, seconds);
  await service.turn({ rateLimitScope: 'off', latencySpread: 0 });
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
  await service.turn({ rateLimitScope: 'endpoint', rateLimitPerSecond: TOME_PER_SECOND, latencySpread: 0.1 });
  const [p50, p99] = [of(pooled, 'p50'), of(pooled, 'p99')];
  details['create'] = {
    pooled: pooled.map(brief),
    dual: dual.map(brief),
    dualUnderTomesLimit: brief(limited),
  };
  return {
    createP50VsDual: p50 / of(dual, 'p50'),
    createP99VsDual: p99 / of(dual, 'p99'),
    overheadP50Ms: p50 - TOME_MS,
    overheadP99Ms: p99 - TOME_MS,
    liveCallsPerCreate: callsEach(pooled, 'create'),
  };
}

async function reads({ service, seconds, progress, details }: Run): Promise<Ratios> {
  const ratios: Ratios = {};
  for (const operation of ['lookup', 'detokenize'] as const) {
    const pooled = await service.pooled.measure({ [operation]: 1 }, PEAK, seconds);
    const dual = await service.dual.measure({ [operation]: 1 }, PEAK / 2, seconds);
    details[operation] = { pooledAt150: brief(pooled), dualAt75: brief(dual) };
    progress(`${operation}: pooled p50 ${latencyOf(pooled, operation).p50.toFixed(1)} ms`);
    ratios[operation === 'lookup' ? 'liveCallsPerLookup' : 'liveCallsPerDetokenize'] = callsEach([pooled], operation);
  }
  return ratios;
}

/** More than the users have: 500 requests a second of all three kinds. */
async function at500({ service, seconds, progress, details }: Run): Promise<void> {
  const pooled = await service.pooled.measure(MIX_AT_500, 500, seconds);
  const dual = await service.dual.measure(MIX_AT_500, 500, seconds);
  details['at500'] = { pooled: brief(pooled), dual: brief(dual) };
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

/** What of a measurement is kept. */
const brief = ({ operations, latenessMs, calls }: Measured) => ({
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
