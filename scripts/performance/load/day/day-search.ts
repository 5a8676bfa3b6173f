import { type DayShape, dayCurve } from './day-curve.ts';
import { type DayOutcome, type DaySettings, modelDay } from './day-model.ts';

export interface DayWithPeak {
  readonly peakAt: number;
  readonly outcome: DayOutcome;
}

export type DayWithoutPeakTime = Omit<DayShape, 'peakAt'>;

const TEN_O_CLOCK = 36_000;
const FIVE_MINUTES = 300;

/**
 * The peak can start at any time between two refills, and the worst second of a minute is the one
 * after the health job. So the day is simulated with twelve such start times between ten and
 * eleven.
 */
const PEAK_TIMES = Array.from({ length: 12 }, (_, place) => TEN_O_CLOCK + 1 + place * FIVE_MINUTES);

/**
 * Returns the day with the worst start of the peak: most refused, then most direct creations, then
 * the lowest level.
 */
export function worstDay(shape: DayWithoutPeakTime, settings: DaySettings): DayWithPeak {
  const isWorse = ({ outcome: one }: DayWithPeak, { outcome: other }: DayWithPeak): boolean =>
    (one.refused - other.refused || one.direct - other.direct || other.poolMinimum - one.poolMinimum) > 0;
  return PEAK_TIMES.map((peakAt) => ({ peakAt, outcome: modelDay(dayCurve({ ...shape, peakAt }), settings) })).reduce(
    (worst, day) => (isWorse(day, worst) ? day : worst),
  );
}

/** Seconds after the end of the peak in which the lowest level occurs. */
const AFTERMATH_SECONDS = 600;

/**
 * The least level that the pool must keep, as a share of the target. The replay has 429 answers of
 * bursts and pauses of the machine, which slow a refill down and are not in the model.
 */
const RESERVE_RATIO = 0.1;

const STEP = 500;
const MOST = 200_000;

/**
 * Returns the smallest POOL_TARGET_MIN, in steps of 500, with which the pool keeps a tenth of its
 * target for every start of the peak; `null` when more than 200,000 is needed. Stops at the first
 * start with a lower level, so most of the search is short.
 */
export function neededTarget(shape: DayWithoutPeakTime, settings: DaySettings): number | null {
  const days = PEAK_TIMES.map((peakAt) => ({
    curve: dayCurve({ ...shape, peakAt }),
    until: peakAt + shape.peakSeconds + AFTERMATH_SECONDS,
  }));
  const isEnough = (targetMin: number): boolean => {
    const sized = { ...settings, targetMin, targetMax: Math.max(settings.targetMax, targetMin) };
    return days.every(({ curve, until }) => modelDay(curve, sized, until).poolMinimum > targetMin * RESERVE_RATIO);
  };
  let low = 0;
  let high = MOST / STEP;
  if (!isEnough(MOST)) return null;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle * STEP)) high = middle;
    else low = middle;
  }
  return high * STEP;
}
