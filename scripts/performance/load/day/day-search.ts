import { type DayShape, dayCurve } from './day-curve.ts';
import { type DayOutcome, type DaySettings, modelDay } from './day-model.ts';

export interface PlacedDay {
  readonly peakAt: number;
  readonly outcome: DayOutcome;
}

export type DayWithoutPlace = Omit<DayShape, 'peakAt'>;

const TEN_O_CLOCK = 36_000;
const FIVE_MINUTES = 300;

/**
 * The peak may come at any moment between two refills, and just after the health job has looked is the worst second of a minute. So the day is
 * tried with the peak at twelve such moments between ten and eleven.
 */
const PLACES = Array.from({ length: 12 }, (_, place) => TEN_O_CLOCK + 1 + place * FIVE_MINUTES);

/** The day whose peak finds the pool at its worst: most refused, then most direct creations, then the lowest level. */
export function worstDay(shape: DayWithoutPlace, settings: DaySettings): PlacedDay {
  const isWorse = ({ outcome: one }: PlacedDay, { outcome: other }: PlacedDay): boolean =>
    (one.refused - other.refused || one.direct - other.direct || other.poolMinimum - one.poolMinimum) > 0;
  return PLACES.map((peakAt) => ({ peakAt, outcome: modelDay(dayCurve({ ...shape, peakAt }), settings) })).reduce(
    (worst, day) => (isWorse(day, worst) ? day : worst),
  );
}

/** By then the pool of a day with a peak at that moment has seen the worst, in seconds after its end. */
const AFTERMATH_SECONDS = 600;

/**
 * What the pool must still hold at its worst moment, as a share of the target: 429s of bursts and the machine's own pauses slow a refill down in
 * the replay, and are not in the model.
 */
const RESERVE_RATIO = 0.1;

const STEP = 500;
const MOST = 200_000;

/**
 * The smallest POOL_TARGET_MIN, in steps of 500, with which a tenth of the pool is left at its worst moment, wherever the peak falls; `null` when none up
 * to 200,000 is enough. Stops at the first moment that has less, so most of the search is short.
 */
export function neededTarget(shape: DayWithoutPlace, settings: DaySettings): number | null {
  const days = PLACES.map((peakAt) => ({
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
