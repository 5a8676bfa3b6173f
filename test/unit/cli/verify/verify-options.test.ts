import { expect, test } from 'vitest';
import { parseVerifyOptions } from '../../../../scripts/cli/verify/verify-options.ts';
import { InvalidArguments } from '../../../../scripts/program/invalid-arguments.ts';

const parse = (args: readonly string[], variables: Readonly<Record<string, string>> = {}) =>
  parseVerifyOptions(args, variables, () => 0.5);

function faultsOf(args: readonly string[]): readonly string[] {
  try {
    parse(args);
    return [];
  } catch (error) {
    if (error instanceof InvalidArguments) return error.message.split('\n');
    throw error;
  }
}

test('an environment is verified in all its domains, and lower environments may get cards', () => {
  expect(parse(['--env', 'dev'])).toMatchObject({
    domains: ['card', 'program'],
    mayCreate: true,
    waitSeconds: 300,
    json: false,
  });
  expect(parse(['--env', 'dev', '--domain', 'program'])).toMatchObject({ domains: ['program'] });
});

test('production gets made-up cards only when both options ask for it', () => {
  expect(parse(['--env', 'prod'])).toMatchObject({ mayCreate: false });
  expect(parse(['--env', 'prod', '--production', '--yes-this-is-production'])).toMatchObject({ mayCreate: true });
  expect(faultsOf(['--env', 'prod', '--production'])).toHaveLength(1);
  expect(faultsOf(['--env', 'dev', '--production', '--yes-this-is-production'])).toEqual([
    '--production is given, and dev is not production.',
  ]);
});

test('the emulator needs its address', () => {
  expect(faultsOf(['--env', 'local'])).toEqual(['AWS_ENDPOINT_URL is missing: the address of the emulator of local.']);
  expect(parse(['--env', 'local'], { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' })).toMatchObject({ domains: ['card'] });
});

test('all faults are named at once', () => {
  expect(
    faultsOf(['--env', 'nowhere', '--domain', 'loans', '--wait', '1x', '--serial=-1', '--yes-this-is-production']),
  ).toHaveLength(5);
});

test('--help has no options', () => {
  expect(parse(['--help'])).toBeNull();
});
