import type { DigitRange } from '../../tokenization/model/token-form.ts';

/** Whole numbers from `first` to `last`, both included: leading digits of one length. */
interface Interval {
  readonly first: number;
  readonly last: number;
}

/**
 * A regular expression for the texts that start with digits of one of the ranges, for JavaScript
 * and PostgreSQL. `null` without a range.
 */
export function startsPattern(ranges: readonly DigitRange[]): string | null {
  if (ranges.length === 0) return null;
  const digits = Math.max(...ranges.map(({ from }) => from.length));
  const intervals = ranges.map(({ from, to }) => ({
    first: Number(from.padEnd(digits, '0')),
    last: Number(to.padEnd(digits, '9')),
  }));
  return `^${patternOf(0, digits, joined(intervals)) ?? ''}`;
}

/** Joins intervals that overlap or are neighbours, so that one can cover all next digits. */
function joined(intervals: readonly Interval[]): readonly Interval[] {
  const result: Interval[] = [];
  for (const interval of intervals.toSorted((one, other) => one.first - other.first)) {
    const previous = result.at(-1);
    if (previous === undefined || interval.first > previous.last + 1) result.push(interval);
    else result[result.length - 1] = { first: previous.first, last: Math.max(previous.last, interval.last) };
  }
  return result;
}

/**
 * The pattern of the next `digits` digits of the numbers from `start` on: empty if all of them are
 * in an interval, and `null` if none is.
 */
function patternOf(start: number, digits: number, intervals: readonly Interval[]): string | null {
  const size = 10 ** digits;
  const near = intervals.filter(({ first, last }) => first < start + size && last >= start);
  if (near.length === 0) return null;
  if (near.some(({ first, last }) => first <= start && last >= start + size - 1)) return '';
  const digitsByRest = new Map<string, number[]>();
  for (let digit = 0; digit <= 9; digit += 1) {
    const rest = patternOf(start + (digit * size) / 10, digits - 1, near);
    if (rest !== null) digitsByRest.set(rest, [...(digitsByRest.get(rest) ?? []), digit]);
  }
  const alternatives = [...digitsByRest].map(([rest, next]) => digitClass(next) + rest);
  return alternatives.length === 1 ? (alternatives[0] ?? null) : `(${alternatives.join('|')})`;
}

/** `7`, `[36]` or `[03-7]`. */
function digitClass(digits: readonly number[]): string {
  if (digits.length === 1) return String(digits[0]);
  const runs: number[][] = [];
  for (const digit of digits) {
    const run = runs.at(-1);
    if (run?.at(-1) === digit - 1) run.push(digit);
    else runs.push([digit]);
  }
  return `[${runs.map((run) => (run.length > 2 ? `${run[0]}-${run.at(-1)}` : run.join(''))).join('')}]`;
}
