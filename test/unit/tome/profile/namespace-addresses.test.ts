import { describe, expect, test } from 'vitest';
import { InvalidSettings, readSettings } from '../../../../lambdas/runtime/settings.ts';
import { SHIPPED_PROFILES } from '../../../../lambdas/tome/profile/shipped-profiles.ts';
import type { WrittenProfile } from '../../../../lambdas/tome/profile/tome-profile.ts';
import { profileText } from '../../../support/tome-profiles.ts';

const { ns1, ns2 } = SHIPPED_PROFILES.simulator.namespaces;

/** What a function refuses at its start with this profile. */
function faultsWith(lines: Partial<WrittenProfile>, variables: Readonly<Record<string, string>>): readonly string[] {
  try {
    readSettings(['domain', 'tome'], { TOME_PROFILE: profileText(lines), ...variables });
    return [];
  } catch (error) {
    if (error instanceof InvalidSettings) return error.faults;
    throw error;
  }
}

describe('a namespace without a URL has the address TOME_URL', () => {
  const path = '/{operation}';

  test.each(['https://tome.example', 'https://TOME.example:443/'])('which %s also is', (url) => {
    const TOME_URL = 'https://tome.example/';
    expect(faultsWith({ path, namespaces: { ns1, ns2: { ...ns2, url } } }, { TOME_URL })).toEqual([
      'TOME_PROFILE namespaces.ns2.url must not be TOME_URL, the address of namespaces.ns1: give them different names or URLs',
    ]);
    expect(faultsWith({ path, namespaces: { ns1: { ...ns1, url }, ns2 } }, { TOME_URL })).toEqual([
      'TOME_PROFILE namespaces.ns1.url must not be TOME_URL, the address of namespaces.ns2: give them different names or URLs',
    ]);
  });

  test('which can be the URL of the other one if the paths have different names', () => {
    const namespaces = { ns1, ns2: { ...ns2, url: 'https://tome.example' } };
    expect(faultsWith({ namespaces }, { TOME_URL: 'https://tome.example' })).toEqual([]);
  });

  test('which can be another one', () => {
    const namespaces = { ns1, ns2: { ...ns2, url: 'https://tome.example/two' } };
    expect(faultsWith({ path, namespaces }, { TOME_URL: 'https://tome.example' })).toEqual([]);
  });
});

describe('a function with a client certificate', () => {
  const TOME_CLIENT_CERTIFICATE_SECRET_ID = 'card/tome';
  const at = (url: string) => ({ ns1: { ...ns1, url }, ns2: { ...ns2, url } });

  test.each(['http://tome.example', 'http://127.0.0.1:8080'])('does not start with TOME_URL=%s', (TOME_URL) => {
    expect(faultsWith({ clientCertificate: true }, { TOME_URL, TOME_CLIENT_CERTIFICATE_SECRET_ID })).toEqual([
      'TOME_PROFILE clientCertificate must be false unless TOME_URL is an https URL',
    ]);
  });

  test('starts with an https URL, and with any TOME_URL that no namespace uses', () => {
    const variables = { TOME_CLIENT_CERTIFICATE_SECRET_ID };
    expect(faultsWith({ clientCertificate: true }, { ...variables, TOME_URL: 'https://tome.example' })).toEqual([]);
    const lines = { clientCertificate: true, namespaces: at('https://tome.example') };
    expect(faultsWith(lines, { ...variables, TOME_URL: 'http://tome.example' })).toEqual([]);
  });

  test('does not start with an http URL of a namespace', () => {
    const variables = { TOME_CLIENT_CERTIFICATE_SECRET_ID, TOME_URL: 'https://tome.example' };
    expect(faultsWith({ clientCertificate: true, namespaces: at('http://tome.example') }, variables)).toEqual([
      'TOME_PROFILE namespaces.ns1.url must be an https URL, because clientCertificate is true',
      'TOME_PROFILE namespaces.ns2.url must be an https URL, because clientCertificate is true',
    ]);
  });
});
