import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseProbeOptions } from '../../../scripts/cli/probe/probe-options.ts';
import { InvalidArguments } from '../../../scripts/program/invalid-arguments.ts';
import { profileText } from '../../support/tome-profiles.ts';

const parse = (...args: readonly string[]) => parseProbeOptions(args, () => 0.5);

test.each(['http://localhost:1', 'http://127.0.0.1:1'])('the probe calls %s without any option', (url) => {
  expect(parse('--url', url)).toMatchObject({ url, tokens: 200, rate: false, file: null });
});

test('the probe calls a host elsewhere only if it is said to be a lower environment', () => {
  const url = 'https://tome.example';
  expect(() => parse('--url', url)).toThrow(InvalidArguments);
  expect(() => parse('--url', url)).toThrow('tome.example is not on this machine: give --lower-environment');
  expect(parse('--url', url, '--lower-environment')).toMatchObject({ url });
});

test('the probe calls production only if both options ask for it', () => {
  const url = 'https://tomeprod01.bank.example';
  for (const args of [[], ['--lower-environment'], ['--production'], ['--yes-this-is-production']]) {
    expect(() => parse('--url', url, ...args)).toThrow('is production');
  }
  expect(parse('--url', url, '--production', '--yes-this-is-production')).toMatchObject({ url });
});

test('the probe refuses a client certificate for an http address, also on this machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drafts-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'draft.json');
  writeFileSync(file, profileText({ clientCertificate: true }));
  expect(() => parse('--profile', file, '--url', 'http://localhost:1')).toThrow(
    '--profile: clientCertificate must be false unless --url is an https URL.',
  );
  expect(parse('--profile', file, '--url', 'https://localhost:1')).toMatchObject({ url: 'https://localhost:1' });
});
