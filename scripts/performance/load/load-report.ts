import { LOAD_OPERATIONS, type LoadOperation } from './card-traffic.ts';
import { drawLevel } from './draw-level.ts';
import type { LatencySummary } from './latency-histogram.ts';
import type { LevelSample } from './level-samples.ts';
import type { LoadOutcome } from './load-run.ts';
import type { TomeCalls } from './tome-watch.ts';

/** The results of a run, as in the result file. */
export interface LoadResult {
  readonly target: string;
  /** A description, such as `50 requests a second for 30 s`. */
  readonly load: string;
  readonly outcome: LoadOutcome;
  /** `null` if the ledger of TOME cannot be read. */
  readonly tome: TomeCalls | null;
  readonly level: readonly LevelSample[];
  readonly levelFailures: Readonly<Record<string, number>>;
}

const ms = (value: number | null): string => (value === null ? '-' : value.toFixed(1)).padStart(9);
const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;

/** Describes a run for a terminal. */
export function loadReport({ outcome, tome, level, levelFailures }: LoadResult): string {
  const { operations, latenessMs, sent, notSent, seconds } = outcome;
  return [
    `${sent} requests in ${seconds.toFixed(1)} s; they were sent ${(latenessMs.p99 ?? 0).toFixed(1)} ms late at the 99th percentile, which is included in the latencies below`,
    ...(notSent === 0 ? [] : [`${notSent} were not sent, because too many requests were open`]),
    '',
    'operation       ok   p50 ms    p95 ms    p99 ms  p99.9 ms    max ms  TOME calls each',
    ...LOAD_OPERATIONS.map((operation) => operationRow(operation, outcome, tome)),
    '',
    ...LOAD_OPERATIONS.flatMap((operation) => errorRows(operation, operations[operation].errors)),
    ...wrongRows(outcome),
    ...(tome === null ? ['the calls to TOME are not known here: see the metric TomeCalls'] : tomeRows(outcome, tome)),
    '',
    'latencies, all operations together',
    ...barRows(LOAD_OPERATIONS.map((operation) => operations[operation].latencyMs)),
    '',
    'available pairs',
    drawLevel(level),
    ...Object.entries(levelFailures).map(([name, count]) => `${count} samples of the level failed: ${name}`),
    '',
  ].join('\n');
}

function operationRow(operation: LoadOperation, { operations }: LoadOutcome, tome: TomeCalls | null): string {
  const { sent, succeeded, latencyMs } = operations[operation];
  const { p50, p95, p99, p999, max } = latencyMs;
  const calls = tome === null || sent === 0 ? '-' : (tome.live[operation] / sent).toFixed(3);
  return `${operation.padEnd(11)}${String(succeeded).padStart(7)}${[p50, p95, p99, p999, max].map((value) => ` ${ms(value)}`).join('')}  ${calls}`;
}

const errorRows = (operation: LoadOperation, errors: Readonly<Record<string, number>>): readonly string[] =>
  Object.entries(errors).map(([name, count]) => `${operation} failed ${count} times: ${name}`);

function wrongRows({ wrong, wrongTotal, operations }: LoadOutcome): readonly string[] {
  if (LOAD_OPERATIONS.every((operation) => operations[operation].succeeded === 0)) {
    return ['no request was answered, so no reference could be checked'];
  }
  if (wrongTotal === 0) return ['no card with two references, no reference of two cards, none lost'];
  return Object.entries(wrong)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `WRONG: ${kind}: ${count}`);
}

function tomeRows({ operations }: LoadOutcome, tome: TomeCalls): readonly string[] {
  const requests = LOAD_OPERATIONS.reduce((sum, operation) => sum + operations[operation].sent, 0);
  const live = LOAD_OPERATIONS.reduce((sum, operation) => sum + tome.live[operation], 0);
  const share = operations.create.sent === 0 ? 0 : tome.directCreations / operations.create.sent;
  return [
    `TOME: ${live} live calls, where two for each request would be ${2 * requests}; ${tome.batch} batch calls; ${tome.rateLimited} refused by the rate limit`,
    `${tome.directCreations} creations by the direct path (${percent(share)})`,
  ];
}

const BAR_WIDTH = 50;

function barRows(latencies: readonly LatencySummary[]): readonly string[] {
  const bars = (latencies[0]?.bars ?? []).map(({ upToMs }, index) => ({
    upToMs,
    count: latencies.reduce((sum, latency) => sum + (latency.bars[index]?.count ?? 0), 0),
  }));
  const most = Math.max(1, ...bars.map(({ count }) => count));
  return bars
    .filter(({ count }) => count > 0)
    .map(({ upToMs, count }) => {
      const name = upToMs === null ? 'longer' : `<= ${upToMs} ms`;
      return `${name.padStart(11)} ${String(count).padStart(7)} ${'█'.repeat(Math.ceil((count / most) * BAR_WIDTH))}`;
    });
}
