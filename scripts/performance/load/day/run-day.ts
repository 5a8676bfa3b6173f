import { loadReport } from '../load-report.ts';
import { dayCurve } from './day-curve.ts';
import type { DayOptions } from './day-options.ts';
import { dayReport, measuredWindow, modelledWindow, replayReport } from './day-report.ts';
import { neededTarget, worstDay } from './day-search.ts';
import { daySettings } from './day-settings.ts';
import { replayWindow, windowAround } from './replay.ts';

/** The largest low-water ratio, with which refills start as early as possible. */
const EARLIEST_LOW_WATER = 0.8;

/**
 * Simulates the day, finds the pool target with which the pool never becomes empty, and replays the
 * peak. Returns the content of the result file.
 */
export async function runDay(
  { cards, peakPerSecond, peakSeconds, modelOnly }: DayOptions,
  print: (line: string) => void,
): Promise<{ readonly result: object; readonly wrongTotal: number }> {
  const settings = daySettings();
  const shape = { cards, peakPerSecond, peakSeconds };
  print(
    `${cards} cards a day, ${peakPerSecond} a second for ${peakSeconds} s; ` +
      `POOL_TARGET_MIN=${settings.targetMin} POOL_LOW_WATER_RATIO=${settings.lowWaterRatio} TOME_BATCH_CALLS_PER_SECOND=${settings.batchPerSecond}`,
  );
  const day = worstDay(shape, settings);
  print(dayReport(day.outcome, day.peakAt));
  const needed = {
    asConfigured: neededTarget(shape, settings),
    earliestRefill: neededTarget(shape, { ...settings, lowWaterRatio: EARLIEST_LOW_WATER }),
  };
  const orNone = (target: number | null): string => (target === null ? 'no' : String(target));
  print(
    `to keep a tenth of the pool: POOL_TARGET_MIN=${orNone(needed.asConfigured)} with this low-water ratio, ` +
      `${orNone(needed.earliestRefill)} with POOL_LOW_WATER_RATIO=${EARLIEST_LOW_WATER}\n`,
  );
  const { seconds: _, ...figures } = day.outcome;
  const model = { shape, settings, peakAt: day.peakAt, ...figures, needed };
  if (modelOnly) return { result: { model }, wrongTotal: 0 };

  const curve = dayCurve({ ...shape, peakAt: day.peakAt });
  const window = windowAround(day.peakAt, peakSeconds);
  const replay = await replayWindow({ day, curve, window, settings, progress: print });
  const modelled = modelledWindow(day.outcome, curve, window);
  const measured = measuredWindow(replay);
  print(`\n${replayReport(window, modelled, measured)}`);
  print(loadReport(replay));
  return {
    result: { model, window: { ...window, modelled, measured }, replay },
    wrongTotal: replay.outcome.wrongTotal,
  };
}
