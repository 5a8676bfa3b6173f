import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { shareOfLimit, useDefaultEnvironment } from '../../../scripts/local/default-environment.ts';
import { localProfile, placeholderCredential, readProfileFile } from '../../../scripts/local/local-profile.ts';
import { CannotStart } from '../../../scripts/program/cannot-start.ts';
import { profileNamed } from '../../support/tome-profiles.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'local-profile-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const written = JSON.stringify({
  name: 'of-a-file',
  namespaces: {
    ns1: { name: 'one', token: { alphabet: 'url-safe', shortest: 20, longest: 30 } },
    ns2: { name: 'two', token: { alphabet: 'digits', shortest: 16, longest: 16 } },
  },
  path: '/of/a/path/{namespace}/{operation}',
  limits: { callsPerSecond: 100, scope: 'all', tokensPerPrefetch: 10 },
});

test('the path of a JSON file in TOME_PROFILE is replaced by the file', () => {
  const path = join(folder, 'tome.json');
  writeFileSync(path, written);
  vi.stubEnv('TOME_PROFILE', path);
  readProfileFile();
  expect(localProfile().name).toBe('of-a-file');
  // JSON with a slash in it is no path.
  readProfileFile();
  expect(process.env['TOME_PROFILE']).toBe(written);
});

test('the path of a missing file in TOME_PROFILE stops the start with a sentence about it', () => {
  vi.stubEnv('TOME_PROFILE', join(folder, 'missing.json'));
  expect(readProfileFile).toThrow(CannotStart);
  expect(readProfileFile).toThrow('missing.json cannot be read (ENOENT).');
});

test.each(['', 'uat'])('the text "%s" in TOME_PROFILE is a name and no path', (name) => {
  vi.stubEnv('TOME_PROFILE', name);
  readProfileFile();
  expect(localProfile().name).toBe(name || 'simulator');
});

test('only a profile that asks for a credential has a placeholder for one', () => {
  vi.stubEnv('TOME_PROFILE', 'simulator');
  expect(placeholderCredential()).toEqual({});
  vi.stubEnv('TOME_PROFILE', 'not a profile');
  expect(placeholderCredential()).toEqual({});
  vi.stubEnv('TOME_PROFILE', 'sixteen-digits');
  expect(JSON.parse(placeholderCredential().TOME_CREDENTIAL ?? '')).toMatchObject({ clientId: 'local-client' });
});

test("the rate of live calls follows the profile's limit, and a rate that is set stays", () => {
  vi.stubEnv('TOME_LIVE_CALLS_PER_SECOND', undefined);
  const simulator = profileNamed('simulator');
  expect(shareOfLimit({ ...simulator, limits: { ...simulator.limits, callsPerSecond: 1 } }, 0.9)).toBe('1');
  useDefaultEnvironment({ ...simulator, limits: { ...simulator.limits, callsPerSecond: 100 } });
  expect(process.env['TOME_LIVE_CALLS_PER_SECOND']).toBe('90');
  useDefaultEnvironment(simulator);
  expect(process.env['TOME_LIVE_CALLS_PER_SECOND']).toBe('90');
});
