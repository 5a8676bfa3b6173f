export interface DayShape {
  /** Cards created in the day. */
  readonly cards: number;
  /**
   * Creations a second during the peak (a run of virtual cards), its duration, and the second of
   * the day at which it starts.
   */
  readonly peakPerSecond: number;
  readonly peakSeconds: number;
  readonly peakAt: number;
}

export const DAY_SECONDS = 86_400;

/**
 * Weights of the hours of a business day without the peak: quiet nights, one maximum before noon
 * and one after.
 */
const HOURS = [
  0.6, 0.4, 0.3, 0.3, 0.4, 0.8, 1.8, 3.2, 5, 7, 8.2, 8.4, 7.6, 7.2, 7.4, 7.6, 7.4, 6.6, 5.4, 4.4, 3.6, 2.8, 2, 1.2,
] as const;

/**
 * Returns the creations in each second of the day. Their sum is `cards`. Throws RangeError when the
 * peak has more cards than the day.
 */
export function dayCurve({ cards, peakPerSecond, peakSeconds, peakAt }: DayShape): readonly number[] {
  const others = cards - peakPerSecond * peakSeconds;
  if (others < 0) throw new RangeError('The peak has more cards than the day.');
  const curve = [...WEIGHTS];
  curve.fill(0, peakAt, peakAt + peakSeconds);
  const share = others / curve.reduce((sum, weight) => sum + weight, 0);
  for (let second = 0; second < DAY_SECONDS; second += 1) curve[second] = (curve[second] ?? 0) * share;
  return curve.fill(peakPerSecond, peakAt, peakAt + peakSeconds);
}

/** Interpolates linearly between the middles of two hours. */
function weightAt(second: number): number {
  const at = second / 3_600 - 0.5;
  const hour = Math.floor(at);
  const share = at - hour;
  const weight = (index: number): number => HOURS[(index + 24) % 24] ?? 0;
  return weight(hour) * (1 - share) + weight(hour + 1) * share;
}

const WEIGHTS = Array.from({ length: DAY_SECONDS }, (_, second) => weightAt(second));
