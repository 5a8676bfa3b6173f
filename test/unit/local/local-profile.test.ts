import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findExcess } from '../../../lambdas/tome/profile/planned-calls.ts';
import type { TomeProfile } from '../../../lambdas/tome/profile/tome-profile.ts';
import { useDefaultEnvironment } from '../../../scripts/local/default-environment.ts';
import {
  localProfile,
  placeholderCredential,
  refuseCredentialSecret,
  useLocalProfile,
} from '../../../scripts/local/local-profile.ts';
import { localRates, shareOfLimit } from '../../../scripts/local/local-rates.ts';
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
  useLocalProfile();
  expect(localProfile().name).toBe('of-a-file');
  // JSON with a slash in it is no path.
  useLocalProfile();
  expect(process.env['TOME_PROFILE']).toBe(written);
});

test('the path of a missing file in TOME_PROFILE stops the start with a sentence about it', () => {
  vi.stubEnv('TOME_PROFILE', join(folder, 'missing.json'));
  expect(useLocalProfile).toThrow(CannotStart);
  expect(useLocalProfile).toThrow('missing.json cannot be read (ENOENT).');
});

test.each(['', 'uat'])('the text "%s" in TOME_PROFILE is a name and no path', (name) => {
  vi.stubEnv('TOME_PROFILE', name);
  useLocalProfile();
  expect(localProfile().name).toBe(name || 'simulator');
});

test('the local stack sends no client certificate, because the local simulator asks for none', () => {
  vi.stubEnv('TOME_PROFILE', JSON.stringify({ ...JSON.parse(written), clientCertificate: true }));
  vi.stubEnv('TOME_CLIENT_CERTIFICATE_SECRET_ID', 'tome/certificate');
  useLocalProfile();
  expect(localProfile()).toMatchObject({ name: 'of-a-file', clientCertificate: false });
  expect(process.env['TOME_CLIENT_CERTIFICATE_SECRET_ID']).toBeUndefined();
});

test('only a profile that asks for a credential has a placeholder for one', () => {
  vi.stubEnv('TOME_PROFILE', 'simulator');
  expect(placeholderCredential()).toEqual({});
  vi.stubEnv('TOME_PROFILE', 'not a profile');
  expect(placeholderCredential()).toEqual({});
  vi.stubEnv('TOME_PROFILE', 'sixteen-digits');
  expect(JSON.parse(placeholderCredential().TOME_CREDENTIAL ?? '')).toMatchObject({ clientId: 'local-client' });
});

test.each(['simulator', 'uat'])(
  'with the profile %s the id of a secret is refused, because the credential is made up',
  (name) => {
    vi.stubEnv('TOME_PROFILE', name);
    vi.stubEnv('TOME_CREDENTIAL_SECRET_ID', 'card/tome');
    expect(refuseCredentialSecret).toThrow(CannotStart);
    expect(refuseCredentialSecret).toThrow('local programs make their own credential');
    vi.stubEnv('TOME_CREDENTIAL_SECRET_ID', '');
    vi.stubEnv('TOME_CREDENTIAL', 'a-key');
    expect(refuseCredentialSecret).not.toThrow();
  },
);

describe('the rates of the local stack', () => {
  const NAMES = ['TOME_BATCH_CALLS_PER_SECOND', 'TOME_LIVE_CALLS_PER_SECOND', 'DIRECT_CREATIONS_PER_SECOND'] as const;
  const ratesWith = (limits: Partial<TomeProfile['limits']>): readonly unknown[] => {
    const simulator = profileNamed('simulator');
    const rates = localRates({ ...simulator, limits: { ...simulator.limits, ...limits } });
    return NAMES.map((name) => Number(rates[name]));
  };

  beforeEach(() => {
    for (const name of NAMES) vi.stubEnv(name, undefined);
  });

  test('are the defaults of the settings if they fit, and live calls get what refills leave', () => {
    expect(ratesWith({})).toEqual([80, 170, 80]);
    expect(ratesWith({ callsPerSecond: 1_000 })).toEqual([80, 920, 80]);
  });

  test.each(['endpoint', 'namespace', 'all'] as const)('fit a small limit of the scope %s', (scope) => {
    for (const callsPerSecond of [2, 10, 100, 239]) {
      const [batch, liveLimit, direct] = ratesWith({ callsPerSecond, scope }).map(Number);
      const plan = { creations: 0, reads: 0, batch: batch ?? 0, direct: direct ?? 0, liveLimit: liveLimit ?? 0 };
      const limits = { callsPerSecond, scope, tokensPerPrefetch: 5_000 };
      expect(findExcess(limits, [{ domain: '', plan }])).toBeNull();
    }
  });

  test('follow a rate that is set, and never replace it', () => {
    vi.stubEnv('TOME_BATCH_CALLS_PER_SECOND', '150');
    expect(ratesWith({})).toEqual([150, 100, 50]);
    vi.stubEnv('TOME_LIVE_CALLS_PER_SECOND', '90');
    useDefaultEnvironment(profileNamed('simulator'));
    expect(process.env['TOME_LIVE_CALLS_PER_SECOND']).toBe('90');
  });

  test('are never below one call a second', () => {
    const simulator = profileNamed('simulator');
    expect(shareOfLimit({ ...simulator, limits: { ...simulator.limits, callsPerSecond: 1 } }, 0.9)).toBe('1');
  });
});
