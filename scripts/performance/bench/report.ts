import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** The goal of a ratio, see docs/design.md#numbers. */
interface Goal {
  readonly means: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Every figure, by its name in `bench-results.json`. */
export const GOALS = {
  reserve16: { means: 'reserve, 16 clients / bare update', atLeast: 0.8 },
  reserve64: { means: 'reserve, 64 clients / bare update', atLeast: 0.75 },
  reserveVsOriginal64: { means: 'reserve, 64 clients / the usual queue query', atLeast: 20 },
  reserveMarkSustained: { means: 'reserve + mark used during refills / two bare updates', atLeast: 0.55 },
  reserveMarkSnapshot: { means: 'the same with a snapshot held open', atLeast: 0.45 },
  reserveMarkSnapshotLastFirst: { means: 'its last interval / its first', atLeast: 0.9 },
  sizeP99At150: { means: 'p99 of reserve at 150/s, many used pairs / few', atMost: 1.2 },
  sizeP99At1000: { means: 'p99 of reserve at 1,000/s, many used pairs / few', atMost: 1.2 },
  healthMsManyUsed: { means: 'pool health with many used pairs, ms', atMost: 20 },
  bulkInsertVsCopy: { means: '5,000 pairs from Node / COPY', atLeast: 0.9 },
  takeFinishVsQueues: { means: 'take + finish / the better of graphile-worker and pg-boss', atLeast: 2 },
  createP50VsDual: { means: 'create over HTTP at 150/s, p50 / dual-call', atMost: 0.55 },
  createP99VsDual: { means: 'create over HTTP at 150/s, p99 / dual-call', atMost: 0.55 },
  overheadP50Ms: { means: 'create minus the latency of TOME, p50 ms', atMost: 5 },
  overheadP99Ms: { means: 'create minus the latency of TOME, p99 ms', atMost: 25 },
  liveCallsPerCreate: { means: 'live TOME calls for each create', atMost: 1 },
  liveCallsPerLookup: { means: 'live TOME calls for each lookup', atMost: 1 },
  liveCallsPerDetokenize: { means: 'live TOME calls for each detokenize', atMost: 1 },
  liveP99DuringRefill: { means: 'live p99 during a refill / without', atMost: 1.05 },
  prefetchVsBudget: { means: 'mapping rate of a prefetch / its rate limit', atLeast: 0.95 },
} as const satisfies Record<string, Goal>;

export type RatioName = keyof typeof GOALS;
export type Ratios = Partial<Record<RatioName, number>>;

const rounded = (value: number): number => Number(value.toPrecision(4));

/** Says whether a figure meets its goal. */
export function verdict(name: RatioName, value: number): string {
  const { atLeast, atMost }: Goal = GOALS[name];
  if (atLeast !== undefined) return value >= atLeast ? `meets >= ${atLeast}` : `SHORT of >= ${atLeast}`;
  return value <= (atMost ?? Number.POSITIVE_INFINITY) ? `meets <= ${atMost}` : `SHORT of <= ${atMost}`;
}

/** Returns the figures as a table, one figure on each line. */
export function table(ratios: Ratios): string {
  const rows = (Object.keys(GOALS) as RatioName[]).flatMap((name) => {
    const value = ratios[name];
    return value === undefined
      ? []
      : [
          `${name.padEnd(30)} ${String(rounded(value)).padStart(8)}  ${verdict(name, value).padEnd(16)} ${GOALS[name].means}`,
        ];
  });
  return rows.join('\n');
}

/** Writes `bench-results.json`. `details` are the absolute figures behind the ratios, by part. */
export function writeResults(
  file: string,
  ratios: Ratios,
  details: Readonly<Record<string, unknown>>,
  isFull: boolean,
): void {
  const [cpu] = cpus();
  const result = {
    machine: `${cpus().length} x ${cpu?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    versions: { node: process.version, postgres: '17', commit: commit() },
    date: new Date().toISOString().slice(0, 10),
    mode: isFull ? 'full' : 'default',
    ratios: Object.fromEntries(Object.entries(ratios).map(([name, value]) => [name, rounded(value)])),
    details,
  };
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

/** Returns the middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const above = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const below = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (above + below) / 2;
}
