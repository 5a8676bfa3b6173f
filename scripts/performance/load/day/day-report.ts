import { drawLevel } from '../draw-level.ts';
import type { LoadResult } from '../load-report.ts';
import type { DayOutcome } from './day-model.ts';
import type { Window } from './replay.ts';

/** The figures of a window, from the model or measured. */
export interface WindowFigures {
  readonly creations: number;
  readonly poolMinimum: number;
  readonly direct: number;
  readonly refused: number;
  readonly batchCalls: number;
}

const number = (value: number): string => value.toLocaleString('en-US');
const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;
const fewer = (share: number): string => (share < 0 ? `${percent(-share)} more` : `${percent(share)} fewer`);
export const timeOfDay = (second: number): string =>
  [second / 3_600, (second / 60) % 60, second % 60].map((part) => String(Math.floor(part)).padStart(2, '0')).join(':');

/** Describes the whole day of the model. */
export function dayReport(outcome: DayOutcome, peakAt: number): string {
  const { created, direct, refused, poolMinimum, poolMinimumAt, emptySeconds } = outcome;
  const { liveCalls, batchCalls, dualCalls, stockGrowth, seconds } = outcome;
  const hundredth = seconds.flatMap(({ available }, second) =>
    second % 60 === 0 || available === 0 ? [{ second, available, staged: 0 }] : [],
  );
  const total = liveCalls + batchCalls;
  return [
    `the day of the model, with the peak at ${timeOfDay(peakAt)}, the worst of twelve moments`,
    `  ${number(created)} cards created; pool minimum ${number(poolMinimum)} pairs at ${timeOfDay(poolMinimumAt)}, empty for ${emptySeconds} s`,
    `  by the direct path: ${number(direct)} (${percent(direct / created)}); refused with Retry-After: ${number(refused)}`,
    '  TOME calls, with one detokenize for each card:',
    `    live    ${number(liveCalls).padStart(9)}  ${fewer(1 - liveCalls / dualCalls)} than the ${number(dualCalls)} of the dual-call strategy`,
    `    batch   ${number(Math.round(batchCalls)).padStart(9)}  one for each pair, while no caller waits${stock(stockGrowth)}`,
    `    total   ${number(Math.round(total)).padStart(9)}  ${fewer(1 - total / dualCalls)}`,
    '',
    'available pairs through the day',
    drawLevel(hundredth, timeOfDay),
    '',
  ].join('\n');
}

function stock(growth: number): string {
  const pairs = Math.round(growth);
  if (pairs === 0) return '';
  return pairs > 0
    ? `; ${number(pairs)} more in the pool at midnight`
    : `; ${number(-pairs)} fewer in the pool at midnight`;
}

/** Compares the replayed window with the window of the model. */
export function replayReport(window: Window, model: WindowFigures, measured: WindowFigures): string {
  const row = (name: string, pick: (figures: WindowFigures) => number): string =>
    `  ${name.padEnd(22)}${number(pick(model)).padStart(9)}${number(pick(measured)).padStart(11)}`;
  return [
    `${timeOfDay(window.from)} to ${timeOfDay(window.to)} replayed at its real rates  (model, measured)`,
    row('creations asked for', ({ creations }) => creations),
    row('pool minimum', ({ poolMinimum }) => poolMinimum),
    row('by the direct path', ({ direct }) => direct),
    row('refused', ({ refused }) => refused),
    row('batch calls', ({ batchCalls }) => batchCalls),
    '',
  ].join('\n');
}

/** Returns the figures of a window of the model. `curve`: creations in each second of the day. */
export function modelledWindow(outcome: DayOutcome, curve: readonly number[], { from, to }: Window): WindowFigures {
  const seconds = outcome.seconds.slice(from, to);
  return {
    creations: Math.round(curve.slice(from, to).reduce((sum, rate) => sum + rate, 0)),
    poolMinimum: Math.min(...seconds.map(({ available }) => available)),
    direct: seconds.reduce((sum, { direct }) => sum + direct, 0),
    refused: seconds.reduce((sum, { refused }) => sum + refused, 0),
    batchCalls: Math.round(seconds.reduce((sum, { batchCalls }) => sum + batchCalls, 0)),
  };
}

export const measuredWindow = ({ outcome, tome, level }: LoadResult): WindowFigures => ({
  creations: outcome.operations.create.sent,
  poolMinimum: Math.min(...level.map(({ available }) => available)),
  direct: tome?.directCreations ?? 0,
  refused: outcome.operations.create.sent - outcome.operations.create.succeeded,
  batchCalls: tome?.batch ?? 0,
});
