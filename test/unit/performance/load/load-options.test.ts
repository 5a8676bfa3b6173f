import { expect, test } from 'vitest';
import { parseLoadOptions } from '../../../../scripts/performance/load/load-options.ts';
import { InvalidArguments } from '../../../../scripts/program/invalid-arguments.ts';

const parse = (...args: string[]) => parseLoadOptions(args, () => 0.5);

const faultsOf = (...args: string[]): string => {
  try {
    parse(...args);
  } catch (error) {
    if (error instanceof InvalidArguments) return error.message;
    throw error;
  }
  return '';
};

test('without arguments a local stack gets 50 requests a second for 30 s', () => {
  expect(parse()).toMatchObject({
    rate: 50,
    seconds: 30,
    atOnce: null,
    url: null,
    sigv4: false,
    mix: { create: 50, lookup: 10, detokenize: 40 },
    idempotencyKeys: false,
  });
});

test('one error names every fault of the arguments', () => {
  const faults = faultsOf('--rate', 'fast', '--seconds', '0', '--url', 'ftp://somewhere', '--mix', 'create=1,burn=2');
  for (const option of ['--rate', '--seconds', '--url', '--mix']) expect(faults).toContain(option);
});

test('an unknown option is refused, and the error names it', () => {
  expect(faultsOf('--speed', '9')).toContain('--speed');
});

test('a mix without creations is refused', () => {
  expect(faultsOf('--mix', 'lookup=1,detokenize=1')).toContain('create');
});

test('--sigv4 without --url is refused', () => {
  expect(faultsOf('--sigv4')).toContain('--url');
});

test('--help needs no other option', () => {
  expect(parse('--help')).toBeNull();
});

test('--at-once replaces the rate and the mix', () => {
  expect(parse('--at-once', '1000')).toMatchObject({ atOnce: 1_000, mix: { create: 1, lookup: 0, detokenize: 0 } });
  expect(faultsOf('--at-once', '9999')).toContain('--at-once');
});
