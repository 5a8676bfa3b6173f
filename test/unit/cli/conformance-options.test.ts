import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SHIPPED_PROFILES } from '../../../lambdas/tome/profile/shipped-profiles.ts';
import { parseConformanceOptions } from '../../../scripts/cli/conformance/conformance-options.ts';

const LOCAL = 'http://localhost:1';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'profiles-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const parse = (args: readonly string[], variables = {}) => parseConformanceOptions(args, variables, () => 0.5);
const fileWith = (profile: object): string => {
  const file = join(folder, 'profile.json');
  writeFileSync(file, JSON.stringify(profile));
  return file;
};

test('a shipped profile and an address are enough', () => {
  expect(parse(['--profile', 'uat', '--url', LOCAL])).toMatchObject({
    profile: { name: 'uat' },
    url: LOCAL,
    hosts: ['localhost'],
    tokens: 40,
    mostCalls: 200,
    rate: false,
    json: false,
  });
});

test('a profile is read from a file, and an address from the environment or TOME_URL', () => {
  const file = fileWith({ ...SHIPPED_PROFILES['uat'], name: 'mine' });
  expect(parse(['--profile', file, '--env', 'uat'])).toMatchObject({
    profile: { name: 'mine' },
    url: 'https://tome.uat.bank.example',
  });
  expect(parse(['--profile', file], { TOME_URL: LOCAL })).toMatchObject({ url: LOCAL });
});

test('an environment has both a profile and an address', () => {
  expect(parse(['--env', 'qa'])).toMatchObject({ url: 'https://tome.qa.bank.example' });
  expect(() => parse(['--env', 'qa', '--domain', 'mars'])).toThrow('--domain must be one of card, program');
});

test('a profile with the addresses of both namespaces needs no other address', () => {
  const { namespaces, ...lines } = SHIPPED_PROFILES['uat'] ?? { namespaces: {} };
  const [ns1, ns2] = Object.values(namespaces);
  const file = fileWith({ ...lines, namespaces: { ns1: { ...ns1, url: LOCAL }, ns2: { ...ns2, url: LOCAL } } });
  expect(parse(['--profile', file])).toMatchObject({ url: null, hosts: ['localhost'] });
});

test.each([
  ['no profile', ['--url', LOCAL], /--profile P is missing/],
  ['an unknown profile', ['--profile', 'mars', '--url', LOCAL], /--profile: must be one of simulator/],
  ['no address', ['--profile', 'uat'], /--url URL is missing/],
  ['an address with a password', ['--profile', 'uat', '--url', 'http://a:b@localhost'], /no user name/],
  ['an unknown environment', ['--env', 'mars'], /^--env must be one of dev.*$/],
  ['too few tokens', ['--profile', 'uat', '--url', LOCAL, '--tokens', '3'], /--tokens must be a whole number/],
  ['a host elsewhere', ['--profile', 'uat', '--url', 'https://tome.example'], /--lower-environment/],
  ['production', ['--profile', 'uat', '--env', 'prod'], /is production/],
  ['a card number', ['--profile', 'uat', '4000000000000002'], /Only options/],
])('%s is refused with a sentence', (_what, args, says) => {
  expect(() => parse(args)).toThrow(says);
});

test('a profile with open lines is refused, and each line is named', () => {
  const file = fileWith({ ...SHIPPED_PROFILES['uat'], unknown: ['limits.scope'] });
  expect(() => parse(['--profile', file, '--url', LOCAL])).toThrow(/limits\.scope is marked as unknown/);
});

test('a client certificate is refused for an http address, also on this machine', () => {
  const file = fileWith({ ...SHIPPED_PROFILES.simulator, clientCertificate: true });
  expect(() => parse(['--profile', file, '--url', LOCAL])).toThrow(
    '--profile: clientCertificate must be false unless --url is an https URL.',
  );
  expect(parse(['--profile', file, '--url', 'https://localhost:1'])).toMatchObject({ url: 'https://localhost:1' });
});
