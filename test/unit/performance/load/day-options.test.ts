import { expect, test } from 'vitest';
import { parseDayOptions } from '../../../../scripts/performance/load/day/day-options.ts';
import { InvalidArguments } from '../../../../scripts/program/invalid-arguments.ts';

test('the day is the one that the users described', () => {
  expect(parseDayOptions(['--profile', 'day'])).toMatchObject({ cards: 100_000, peakPerSecond: 150, modelOnly: false });
});

test('another profile, a wrong number and a peak that outgrows the day are refused', () => {
  const parse =
    (...args: string[]) =>
    () =>
      parseDayOptions(['--profile', 'day', ...args]);
  expect(() => parseDayOptions(['--profile', 'week'])).toThrow(InvalidArguments);
  expect(parse('--cards', 'many')).toThrow('--cards');
  expect(parse('--cards', '10000', '--peak-seconds', '3600')).toThrow('peak alone');
  expect(parse('--url', 'http://127.0.0.1')).toThrow('--url');
});
