import { describe, expect, test } from 'vitest';
import { FUNCTION_SETTINGS } from '../../lambdas/functions.ts';
import { InvalidSettings, readSettings } from '../../lambdas/runtime/settings.ts';
import { SHIPPED_PROFILES } from '../../lambdas/tome/profile/shipped-profiles.ts';
import type { WrittenProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import type { AwsEnvironment } from '../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { assertUsable } from '../../lib/environments/validate-environment.ts';

const { simulator } = SHIPPED_PROFILES;
const dev = ENVIRONMENTS.dev as AwsEnvironment;

/** A profile that cannot be used, and the only sentence about it at synthesis and at start. */
const WRONG = [
  {
    what: 'an unknown key',
    lines: { retries: 3 },
    synthesis: 'dev: tome.profile retries is not a line of a profile.',
    start: 'TOME_PROFILE retries is not a line of a profile',
  },
  {
    what: 'overlapping forms',
    lines: {
      namespaces: {
        ...simulator.namespaces,
        ns1: { name: 'ns1', token: { ...simulator.namespaces.ns2.token, checkDigit: 'must-fail' } },
      },
    },
    synthesis:
      'dev: tome.profile namespaces.ns1.token and namespaces.ns2.token overlap: forbid different starts, or set toldApart to by-knowledge.',
    start:
      'TOME_PROFILE namespaces.ns1.token and namespaces.ns2.token overlap: forbid different starts, or set toldApart to by-knowledge',
  },
  {
    what: 'a limit below the configured calls',
    lines: { limits: { ...simulator.limits, callsPerSecond: 59 } },
    synthesis:
      'dev: TOME takes 59 calls a second for each operation, and tokenize needs card 40 batch + 30 direct, program 10 batch + 10 direct = 90.',
    start:
      'TOME_BATCH_CALLS_PER_SECOND must be lower: TOME takes 59 calls a second for each operation, and tokenize needs 40 batch + 20 of other domains = 60 (docs/capacity.md#limits-that-add-up)',
  },
  {
    what: 'a credential that is missing',
    lines: { authentication: { kind: 'header', header: 'x-api-key' } },
    synthesis: 'dev: tome.credentialSecretArn must be set, because the profile mine has authentication header.',
    start:
      'TOME_CREDENTIAL_SECRET_ID or TOME_CREDENTIAL must be set, because TOME_PROFILE has the authentication header',
  },
  {
    what: 'a client certificate that is missing',
    lines: { clientCertificate: true },
    synthesis: 'dev: tome.clientCertificateSecretArn must be set, because the profile mine has clientCertificate.',
    start:
      'TOME_CLIENT_CERTIFICATE_SECRET_ID or TOME_CLIENT_CERTIFICATE must be set, because TOME_PROFILE has clientCertificate true',
  },
] as const;

describe.each(WRONG)('a profile with $what', ({ lines, synthesis, start }) => {
  const profile = { ...simulator, name: 'mine', ...lines } as WrittenProfile;

  test('stops the synthesis with one sentence', () => {
    expect(() => assertUsable({ ...dev, tome: { ...dev.tome, profile } })).toThrow(
      new Error(`The environment cannot be deployed.\n${synthesis}`),
    );
  });

  test('stops the start of a function with one sentence', () => {
    const environment = {
      TOME_URL: 'https://tome.dev.bank.example',
      TOME_PROFILE: JSON.stringify(profile),
      DATABASE_SECRET_ID: 'database',
      IDEMPOTENCY_HMAC_SECRET_ID: 'idempotency',
      TOME_BATCH_CALLS_PER_SECOND: '40',
      DIRECT_CREATIONS_PER_SECOND: '15',
      TOME_OTHER_CALLS_PER_SECOND: '20',
    };
    expect(() => readSettings(FUNCTION_SETTINGS['create-card'], environment)).toThrow(new InvalidSettings([start]));
  });
});
