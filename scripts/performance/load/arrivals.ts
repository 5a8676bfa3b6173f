/** When requests are due, in milliseconds from the start, in order. */
export type Arrivals = Iterable<number>;

/** One request every `1 / perSecond` seconds for so many seconds. */
export function* steadyArrivals(perSecond: number, seconds: number): Arrivals {
  const total = Math.round(perSecond * seconds);
  for (let index = 0; index < total; index += 1) yield (index * 1_000) / perSecond;
}

/** So many requests in one moment. */
export function* arrivalsAtOnce(count: number): Arrivals {
  for (let index = 0; index < count; index += 1) yield 0;
}

/** Sums of rates are not exact; this much is not a request. */
const TOLERANCE = 1e-6;

/** Requests at a rate that changes: `perSecond[i]` is the rate in second `i`, and fractions are carried over. */
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
