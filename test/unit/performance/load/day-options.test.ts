import { expect, test } from 'vitest';
import { parseDayOptions } from '../../../../scripts/performance/load/day/day-options.ts';
import { InvalidArguments } from '../../../../scripts/program/invalid-arguments.ts';

test('the default day has 100,000 cards and a peak of 150 a second', () => {
  expect(parseDayOptions(['--profile', 'day'])).toMatchObject({ cards: 100_000, peakPerSecond: 150, modelOnly: false });
});

test('another profile, an invalid number and a peak with more cards than the day are refused', () => {
  const parse =
    (...args: string[]) =>
    () =>
      parseDayOptions(['--profile', 'day', ...args]);
  expect(() => parseDayOptions(['--profile', 'week'])).toThrow(InvalidArguments);
  expect(parse('--cards', 'many')).toThrow('--cards');
  expect(parse('--cards', '10000', '--peak-seconds', '3600')).toThrow('The peak has more cards');
  expect(parse('--url', 'http://127.0.0.1')).toThrow('--url');
});
