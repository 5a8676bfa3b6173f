import { expect, test } from 'vitest';
import { InvalidCommand, parseCliOptions } from '../../../scripts/cli/cli-options.ts';

const CARD = '4111111111111111';

const faultsOf = (...args: string[]): string => {
  try {
    parseCliOptions(args);
  } catch (error) {
    if (error instanceof InvalidCommand) return error.message;
    throw error;
  }
  return '';
};

test('a card number on the command line is refused, and the error does not repeat it', () => {
  for (const args of [
    ['tokenize', CARD, '--env', 'dev'],
    ['lookup', '--url', 'http://127.0.0.1:3000', CARD],
    ['tokenize', '--env', 'dev', `--card=${CARD}`],
    [CARD, '--env', 'dev'],
  ]) {
    const faults = faultsOf(...args);
    expect(faults).not.toBe('');
    expect(faults).not.toContain(CARD);
  }
});

test('detokenize takes a reference as an argument, because a reference is not secret', () => {
  expect(parseCliOptions(['detokenize', '9123456789012345', '--env', 'qa', '--domain', 'program'])).toEqual({
    command: 'detokenize',
    reference: '9123456789012345',
    where: { by: 'environment', environment: 'qa', domain: 'program' },
    reveal: false,
  });
});

test('the environment prod is refused', () => {
  expect(faultsOf('pool', '--env', 'prod')).toContain('production is not allowed');
});

test('one error names every fault of the arguments', () => {
  const faults = faultsOf('burn', '--domain', 'bank');
  for (const word of ['commands', '--env', '--domain']) expect(faults).toContain(word);
});

test('a command without arguments, or with --help, prints the usage', () => {
  expect(parseCliOptions([])).toBeNull();
  expect(parseCliOptions(['pool', '--help'])).toBeNull();
});
