import { describe, expect, test } from 'vitest';
import { SHIPPED_PROFILES } from '../../lambdas/tome/profile/shipped-profiles.ts';
import type { WrittenProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import type {
  AwsEnvironment,
  DomainSettings,
  EmulatorEnvironment,
  ProducerDomain,
  TomeProfileChoice,
} from '../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { faultsOf } from '../../lib/environments/validate-environment.ts';

const { simulator, uat } = SHIPPED_PROFILES;
const SECRET = 'arn:aws:secretsmanager:us-east-1:111111111111:secret:dev/tome-api-key-Ab12Cd';
const KEY = 'arn:aws:kms:us-east-1:111111111111:key/0123abcd-0123-0123-0123-0123456789ab';
const METHOD = 'arn:aws:execute-api:us-east-1:999999999999:a1b2c3d4e5/live/POST/v1/namespaces/ns1/tokenize';
const OTHER_SERVICE = 'com.amazonaws.vpce.us-east-1.vpce-svc-0fedcba9876543210';

const dev = ENVIRONMENTS.dev as AwsEnvironment;
const withTome = (tome: Partial<AwsEnvironment['tome']>): AwsEnvironment => ({
  ...dev,
  tome: { ...dev.tome, ...tome },
});
const withProfile = (changes: object, tome: Partial<AwsEnvironment['tome']> = {}): AwsEnvironment =>
  withTome({ profile: { ...simulator, name: 'mine', ...changes } as WrittenProfile, ...tome });
function withDomain(name: ProducerDomain, changes: Partial<DomainSettings>, environment = dev): AwsEnvironment {
  const settings = environment.domains[name] as DomainSettings;
  return { ...environment, domains: { ...environment.domains, [name]: { ...settings, ...changes } } };
}

function withSettings(
  name: ProducerDomain,
  changes: Partial<DomainSettings['settings']>,
  environment = dev,
): AwsEnvironment {
  const { settings } = environment.domains[name] as DomainSettings;
  return withDomain(name, { settings: { ...settings, ...changes } }, environment);
}

const oauth2 = (tokenUrl: string) => ({ authentication: { kind: 'oauth2', tokenUrl } });
const sigv4 = { authentication: { kind: 'sigv4', service: 'execute-api', region: 'us-east-1' } };
const namespaceAt = (url: string) => ({
  namespaces: { ...simulator.namespaces, ns2: { ...simulator.namespaces.ns2, url } },
});
const tooAlike = {
  namespaces: {
    ...simulator.namespaces,
    ns1: { name: 'ns1', token: { ...simulator.namespaces.ns2.token, checkDigit: 'must-fail' } },
  },
};
const withLimit = (callsPerSecond: number) => ({ limits: { ...simulator.limits, callsPerSecond } });

describe('a profile that cannot be used is reported once, with the line that names it', () => {
  test.each([
    ['dev: tome.profile retries is not a line of a profile.', withProfile({ retries: 3 })],
    [
      'dev: tome.profile must be one of simulator, uat, sixteen-digits, or the JSON of a profile (docs/tome.md).',
      withTome({ profile: 'nowhere' as TomeProfileChoice }),
    ],
    [
      'dev: tome.profile namespaces.ns1.token and namespaces.ns2.token overlap: forbid different starts, or set toldApart to by-knowledge.',
      withProfile(tooAlike),
    ],
    [
      'dev: tome.profile limits.scope is marked as unknown: ask the owners of TOME (docs/onboarding.md).',
      withProfile({ unknown: ['limits.scope'] }),
    ],
    [
      'dev: program: tomeProfile retries is not a line of a profile.',
      withDomain('program', { tomeProfile: { ...simulator, retries: 3 } as WrittenProfile }),
    ],
    ['dev: tome.profile namespaces.ns2.url must be an https URL.', withProfile(namespaceAt('http://tome.example'))],
    [
      'dev: tome.profile namespaces.ns2.url must be an https URL, because clientCertificate is true.',
      withProfile({ ...namespaceAt('http://tome.example'), clientCertificate: true }),
    ],
    [
      'dev: tome.profile namespaces.ns2.url must not be tome.url, the address of namespaces.ns1: give them different names or URLs.',
      withProfile({ path: '/{operation}', ...namespaceAt('https://TOME.dev.bank.example:443/') }),
    ],
    [
      'dev: tome.profile authentication.tokenUrl must be an https URL or a path.',
      withProfile(oauth2('http://tome.dev.bank.example/token'), { credentialSecretArn: SECRET }),
    ],
    [
      'dev: tome.profile authentication.tokenUrl must have the host of TOME, or tome.tokenPrivateLinkService must be set.',
      withProfile(oauth2('https://sign-in.bank.example/token'), { credentialSecretArn: SECRET }),
    ],
  ])('%s', (sentence, environment) => {
    expect(faultsOf(environment)).toEqual([sentence]);
  });

  test.each(['simulator', { ...simulator }] as const)('the simulator in production, as %j', (profile) => {
    const prod = ENVIRONMENTS.prod as AwsEnvironment;
    expect(faultsOf({ ...prod, tome: { ...prod.tome, profile } })).toEqual([
      'prod: the profile simulator describes the simulator, which has no real cards.',
    ]);
    expect(faultsOf(withDomain('card', { tomeProfile: profile }, prod))).toEqual([
      'prod: card: the profile simulator describes the simulator, which has no real cards.',
    ]);
  });
});

describe('the credentials of a profile must be exactly those that it asks for', () => {
  test.each([
    [
      'dev: tome.credentialSecretArn must be set, because the profile uat has authentication header.',
      withTome({ profile: 'uat' }),
    ],
    [
      'dev: tome.credentialSecretArn must be set, because the profile mine has authentication oauth2.',
      withProfile(oauth2('/token')),
    ],
    [
      'dev: tome.clientCertificateSecretArn must be set, because the profile mine has clientCertificate.',
      withProfile({ clientCertificate: true }),
    ],
    [
      'dev: tome.executeApiArns must be set, because the profile mine has authentication sigv4.',
      withProfile(sigv4, { executeApiArns: [] }),
    ],
    [
      'dev: tome.credentialSecretArn must not be set, because the profile simulator does not use it.',
      withTome({ credentialSecretArn: SECRET }),
    ],
    [
      'dev: tome.clientCertificateSecretArn must not be set, because the profile uat does not use it.',
      withTome({ profile: 'uat', credentialSecretArn: SECRET, clientCertificateSecretArn: SECRET }),
    ],
    [
      'dev: tome.executeApiArns must not be set, because the profile uat does not use it.',
      withTome({ profile: 'uat', credentialSecretArn: SECRET, executeApiArns: [METHOD] }),
    ],
    [
      'dev: card: tomeCredentials.credentialSecretArn must be set, because the profile uat has authentication header.',
      withDomain('card', { tomeProfile: 'uat' }),
    ],
    [
      'dev: card: tomeCredentials.credentialSecretArn must not be set, because the profile simulator does not use it.',
      withDomain('card', { tomeCredentials: { credentialSecretArn: SECRET } }),
    ],
    ['dev: tome.secretsKeyArn must not be set without a secret.', withTome({ secretsKeyArn: KEY })],
    [
      'dev: tome.executeApiArns must be ARNs of POST methods, without wildcards.',
      withProfile(sigv4, { executeApiArns: [METHOD, 'arn:aws:execute-api:us-east-1:999999999999:a1b2c3d4e5/*'] }),
    ],
    [
      "dev: tome.secretsKeyArn must be the ARN of a key in the environment's account and region.",
      withTome({ profile: 'uat', credentialSecretArn: SECRET, secretsKeyArn: 'alias/tome' }),
    ],
  ])('%s', (sentence, environment) => {
    expect(faultsOf(environment)).toEqual([sentence]);
  });

  test.each([
    ['a name', 'dev/tome-api-key'],
    ['an ARN without the six characters that Secrets Manager adds', SECRET.replace('-Ab12Cd', '')],
    ['an ARN with a wildcard', SECRET.replace('Ab12Cd', '??????')],
    ['an ARN of another account', SECRET.replace('111111111111', '222222222222')],
    ['an ARN of another region', SECRET.replace('us-east-1', 'eu-west-1')],
    ['the ARN of a key', KEY],
  ])('a secret must not be %s', (_what, credentialSecretArn) => {
    expect(faultsOf(withTome({ profile: 'uat', credentialSecretArn }))).toEqual([
      "dev: tome.credentialSecretArn must be the whole ARN of a secret in the environment's account and region.",
    ]);
  });

  test.each([
    ['a header', withTome({ profile: 'uat', credentialSecretArn: SECRET, secretsKeyArn: KEY })],
    ['OAuth 2.0 at a path of TOME', withProfile(oauth2('/oauth2/token'), { credentialSecretArn: SECRET })],
    [
      'OAuth 2.0 at the host of TOME',
      withProfile(oauth2('https://tome.dev.bank.example/token'), { credentialSecretArn: SECRET }),
    ],
    [
      'OAuth 2.0 at a host with its own endpoint service',
      withProfile(oauth2('https://sign-in.bank.example/token'), {
        credentialSecretArn: SECRET,
        tokenPrivateLinkService: OTHER_SERVICE,
      }),
    ],
    ['Signature Version 4', withProfile(sigv4, { executeApiArns: [METHOD] })],
    ['a client certificate', withProfile({ clientCertificate: true }, { clientCertificateSecretArn: SECRET })],
    [
      'a profile and credentials of one domain',
      withDomain('card', { tomeProfile: 'uat', tomeCredentials: { credentialSecretArn: SECRET } }),
    ],
    [
      'a profile of one domain that does not use what the others use',
      withDomain('card', { tomeProfile: 'simulator' }, withTome({ profile: 'uat', credentialSecretArn: SECRET })),
    ],
  ])('%s is accepted', (_what, environment) => {
    expect(faultsOf(environment)).toEqual([]);
  });

  test('the credentials of a domain on the emulator are checked too', () => {
    const local = ENVIRONMENTS.local as EmulatorEnvironment;
    const card = { ...(local.domains.card as DomainSettings), tomeProfile: 'uat' as const };
    expect(faultsOf({ ...local, domains: { card } })).toEqual([
      'local: card: tomeCredentials.credentialSecretArn must be set, because the profile uat has authentication header.',
    ]);
  });
});

test.each([
  [
    'dev: tome.tokenPrivateLinkService must not be set, because no profile has another token host.',
    withTome({ tokenPrivateLinkService: OTHER_SERVICE }),
  ],
  [
    'dev: tome.tokenPrivateLinkService must be the name of another endpoint service than TOME has.',
    withProfile(oauth2('https://sign-in.bank.example/token'), {
      credentialSecretArn: SECRET,
      tokenPrivateLinkService: dev.tome.privateLinkService,
    }),
  ],
])('%s', (sentence, environment) => {
  expect(faultsOf(environment)).toEqual([sentence]);
});

describe('the calls of all domains together must fit the limit of TOME', () => {
  const prod = ENVIRONMENTS.prod as AwsEnvironment;
  const { card, program } = prod.domains as Readonly<Record<ProducerDomain, DomainSettings>>;

  test('the environments of the repository fit exactly, and one call more does not', () => {
    for (const name of ['uat', 'prod'] as const) {
      const environment = ENVIRONMENTS[name] as AwsEnvironment;
      expect(faultsOf(environment)).toEqual([]);
      const more = withSettings('program', { TOME_BATCH_CALLS_PER_SECOND: 11 }, environment);
      expect(faultsOf(more)).toEqual([
        `${name}: TOME takes 250 calls a second for each operation, and tokenize needs ` +
          'card 150 live + 40 batch + 15 direct, program 30 live + 11 batch + 5 direct = 251.',
      ]);
    }
  });

  test('domains with the default settings do not fit', () => {
    const withDefaults = ({ settings, ...others }: DomainSettings): DomainSettings => {
      const { TOME_BATCH_CALLS_PER_SECOND: _, DIRECT_CREATIONS_PER_SECOND: __, ...kept } = settings;
      return { ...others, settings: kept };
    };
    const domains = { card: withDefaults(card), program: withDefaults(program) };
    expect(faultsOf({ ...prod, domains })).toEqual([
      'prod: TOME takes 250 calls a second for each operation, and tokenize needs ' +
        'card 150 live + 80 batch + 80 direct, program 80 batch + 160 direct = 550.',
    ]);
  });

  test('domains with different profiles of one TOME are added up', () => {
    const other = {
      tomeProfile: { ...uat, name: 'other' },
      tomeCredentials: { credentialSecretArn: SECRET.replace('111111111111', prod.account) },
    };
    expect(faultsOf(withDomain('program', other, prod))).toEqual([]);
    const more = withSettings('program', { TOME_BATCH_CALLS_PER_SECOND: 11 }, withDomain('program', other, prod));
    expect(faultsOf(more)).toEqual([expect.stringContaining('= 251.')]);
  });

  test('each domain counts alone when they call different hosts', () => {
    const at = (host: string): WrittenProfile => ({
      ...uat,
      name: host,
      namespaces: {
        ns1: { ...uat.namespaces.ns1, url: `https://${host}.bank.example` },
        ns2: { ...uat.namespaces.ns2, url: `https://${host}.bank.example/references` },
      },
      limits: { ...uat.limits, callsPerSecond: 205 },
    });
    const environment = (first: string, second: string): AwsEnvironment => ({
      ...prod,
      domains: {
        card: { ...card, tomeProfile: at(first), tomeCredentials: { credentialSecretArn: secretOfProd } },
        program: { ...program, tomeProfile: at(second), tomeCredentials: { credentialSecretArn: secretOfProd } },
      },
    });
    const secretOfProd = SECRET.replace('111111111111', prod.account);
    expect(faultsOf(environment('one', 'other'))).toEqual([]);
    expect(faultsOf(environment('one', 'one'))).toEqual([expect.stringContaining('= 250.')]);
  });

  test('each domain counts alone when TOME limits each namespace and they have different ones', () => {
    const named = (name: string): WrittenProfile => ({
      ...simulator,
      name: 'mine',
      namespaces: {
        ns1: { ...simulator.namespaces.ns1, name: `${name}-inside` },
        ns2: { ...simulator.namespaces.ns2, name: `${name}-outside` },
      },
      limits: { ...simulator.limits, callsPerSecond: 241, scope: 'namespace' },
    });
    const environment = (first: string, second: string): AwsEnvironment =>
      withDomain(
        'program',
        { tomeProfile: named(second), expectedPeak: program.expectedPeak },
        withDomain('card', { tomeProfile: named(first), expectedPeak: card.expectedPeak }),
      );
    expect(faultsOf(environment('one', 'other'))).toEqual([]);
    expect(faultsOf(environment('one', 'one'))).toEqual([
      'dev: TOME takes 241 calls a second for each namespace, and ns1 needs ' +
        'card 225 live + 1 batch + 15 direct, program 45 live + 1 batch + 5 direct = 292.',
    ]);
  });

  test('a domain with a wrong number or profile is reported for that, and is not counted', () => {
    const wrong = withSettings('card', { DIRECT_CREATIONS_PER_SECOND: 10_001 }, prod);
    expect(faultsOf(wrong)).toEqual(['prod: card: DIRECT_CREATIONS_PER_SECOND must be at most 10000.']);
    const half = withDomain('card', { expectedPeak: { creationsPerSecond: 0.5, readsPerSecond: 0 } }, prod);
    expect(faultsOf(half)).toEqual(['prod: card: expectedPeak must be whole numbers from 0.']);
  });

  test('a domain with the direct strategy makes two calls for each creation and each read', () => {
    expect(faultsOf(withSettings('card', { TOKENIZER: 'direct' }, prod))).toEqual([
      'prod: TOME takes 250 calls a second for each operation, and tokenize needs ' +
        'card 300 live + 40 batch, program 30 live + 10 batch + 5 direct = 385.',
    ]);
    const onlyReads = withDomain(
      'card',
      { expectedPeak: { creationsPerSecond: 0, readsPerSecond: 120 } },
      withSettings('card', { TOKENIZER: 'direct' }, prod),
    );
    expect(faultsOf(onlyReads)).toEqual([expect.stringContaining('lookup needs card 240 live, program')]);
  });

  test('a TOME with a smaller limit than the domains need is reported', () => {
    expect(faultsOf(withProfile(withLimit(89)))).toEqual([
      'dev: TOME takes 89 calls a second for each operation, and tokenize needs ' +
        'card 40 batch + 30 direct, program 10 batch + 10 direct = 90.',
    ]);
  });
});
