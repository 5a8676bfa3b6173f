/** The times at which requests are due, in milliseconds from the start, in ascending order. */
export type Arrivals = Iterable<number>;

/** One request every `1 / perSecond` seconds. */
export function* steadyArrivals(perSecond: number, seconds: number): Arrivals {
  const total = Math.round(perSecond * seconds);
  for (let index = 0; index < total; index += 1) yield (index * 1_000) / perSecond;
}

/** All requests at the start. */
export function* arrivalsAtOnce(count: number): Arrivals {
  for (let index = 0; index < count; index += 1) yield 0;
}

/** Sums of rates are rounded. A request is due when at most this share of it is missing. */
const TOLERANCE = 1e-6;

/**
 * Requests at a changing rate: `perSecond[i]` is the rate in second `i`. Fractions are added to the
 * next second.
 */
export function* changingArrivals(perSecond: readonly number[]): Arrivals {
  let before = 0;
  let count = 0;
  for (const [second, rate] of perSecond.entries()) {
    const after = before + rate;
    for (; count + 1 <= after + TOLERANCE; count += 1) {
      const share = Math.min(1, Math.max(0, (count + 1 - before) / rate));
      yield (second + share) * 1_000;
    }
    before = after;
  }
}
