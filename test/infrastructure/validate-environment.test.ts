import { expect, test } from 'vitest';
import { SHIPPED_PROFILES } from '../../lambdas/tome/profile/shipped-profiles.ts';
import type { WrittenProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import type {
  AwsEnvironment,
  Consumer,
  DomainSettings,
  EmulatorEnvironment,
} from '../../lib/environments/environment.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import type { WrittenFunctions } from '../../lib/environments/function-options.ts';
import {
  assertUsable,
  environmentNamed,
  faultsOf,
  MOST_CONSUMERS,
} from '../../lib/environments/validate-environment.ts';

const aws = (name: 'dev' | 'prod', changes: Partial<AwsEnvironment> = {}): AwsEnvironment => ({
  ...(ENVIRONMENTS[name] as AwsEnvironment),
  ...changes,
});

const aurora = (changes: Partial<AwsEnvironment['aurora']>): AwsEnvironment =>
  aws('dev', { aurora: { ...aws('dev').aurora, ...changes } });

const domain = (changes: Partial<DomainSettings>): AwsEnvironment =>
  aws('dev', { domains: { card: { ...(aws('dev').domains.card as DomainSettings), ...changes } } });

const POOL = { POOL_TARGET_MIN: 10, POOL_TARGET_MAX: 100, POOL_COVER_MINUTES: 10, TOME_BATCH_CALLS_PER_SECOND: 40 };
const settings = (changes: Partial<DomainSettings['settings']>): AwsEnvironment =>
  domain({ settings: { ...POOL, ...changes } });
/** As text, because these do not compile. */
const untyped = (changes: object): AwsEnvironment => settings(changes as Partial<DomainSettings['settings']>);

const { simulator } = SHIPPED_PROFILES;
/** A profile whose references have a check digit. */
const profileWithCheckDigit = (checkDigit: 'must-pass'): WrittenProfile => ({
  ...simulator,
  name: 'checked',
  namespaces: {
    ...simulator.namespaces,
    ns2: { ...simulator.namespaces.ns2, token: { ...simulator.namespaces.ns2.token, checkDigit } },
  },
});

const consumer = (changes: Partial<Consumer>): AwsEnvironment =>
  domain({
    consumers: [{ name: 'issuing', account: '555555555555', operations: ['lookup'], detokenizeRoles: [], ...changes }],
  });

const RESTORED = {
  clusterResourceId: 'cluster-ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  administratorSecretArn: 'arn:aws:secretsmanager:us-east-1:111111111111:secret:rds!cluster-1-AbCdEf',
};

test('the identity of a restored cluster is accepted', () => {
  expect(faultsOf(domain({ restored: RESTORED }))).toEqual([]);
});

test.each([
  ['dev: account must have twelve digits.', aws('dev', { account: '1234' })],
  [
    'dev: region must be the name of an AWS region.',
    aws('dev', { region: 'Frankfurt', availabilityZones: ['Frankfurt1', 'Frankfurt2'] }),
  ],
  ['dev: domains must name at least one producer domain.', aws('dev', { domains: {} })],
  [/^dev: logRetentionDays must be one of 1, 3, /, aws('dev', { logRetentionDays: 91 })],
  ['prod: logRetentionDays must be at least 365, by PCI DSS 10.5.1.', aws('prod', { logRetentionDays: 180 })],
  [
    'dev: alarmRecipients and dayAlarmRecipients must be e-mail addresses.',
    aws('dev', { alarmRecipients: ['on-call'] }),
  ],
  [
    'dev: alarmRecipients and dayAlarmRecipients must name at least one address.',
    aws('dev', { dayAlarmRecipients: [] }),
  ],
  ['dev: alarmRecipients and dayAlarmRecipients must name at least one address.', aws('dev', { alarmRecipients: [] })],
  ['dev: availabilityZones must be in us-east-1.', aws('dev', { availabilityZones: ['us-east-1a', 'eu-west-1b'] })],
  [
    'dev: availabilityZones must name two or three different zones.',
    aws('dev', { availabilityZones: ['us-east-1a', 'us-east-1a'] }),
  ],
  ['dev: vpcCidr must be a 10.x.x.x range of /16 to /22.', aws('dev', { vpcCidr: '10.0.0.0/8' })],
  [
    'dev: tome.url must be an https URL without a path.',
    aws('dev', { tome: { ...aws('dev').tome, url: 'http://tome' } }),
  ],
  [
    'dev: tome.privateLinkService must be the name of an endpoint service.',
    aws('dev', { tome: { ...aws('dev').tome, privateLinkService: 'tome' } }),
  ],
  ['dev: aurora.minAcu must be at least 0.5, because RDS Proxy keeps a database from pausing.', aurora({ minAcu: 0 })],
  ['dev: aurora.maxAcu must not be below aurora.minAcu.', aurora({ minAcu: 4, maxAcu: 2 })],
  ['dev: aurora.minAcu and aurora.maxAcu must be multiples of 0.5 up to 256.', aurora({ maxAcu: 2.3 })],
  ['dev: aurora.readers must be from 1 to 15, or a lost zone would stop the pool.', aurora({ readers: 0 })],
  ['dev: aurora.backupDays must be from 1 to 35.', aurora({ backupDays: 36 })],
  [
    'prod: aurora.deletionProtection must be on.',
    aws('prod', { aurora: { ...aws('prod').aurora, deletionProtection: false } }),
  ],
  ['prod: canary must not be all-at-once.', aws('prod', { canary: 'all-at-once' })],
  ['dev: provisionedConcurrency must be a whole number from 0.', aws('dev', { provisionedConcurrency: -1 })],
  ['dev: firewallRequestsPerFiveMinutes must be at least 100.', aws('dev', { firewallRequestsPerFiveMinutes: 10 })],
  ['dev: card: POOL_TARGET_MIN must not be above POOL_TARGET_MAX.', settings({ POOL_TARGET_MIN: 101 })],
  ['dev: card: POOL_TARGET_MIN must be a whole number from 0 to 1000000.', settings({ POOL_TARGET_MIN: -1 })],
  ['dev: card: POOL_LOW_WATER_RATIO must be a number from 0 to 1.', settings({ POOL_LOW_WATER_RATIO: 1.5 })],
  ['dev: card: TOME_MAX_ATTEMPTS must be at most 10.', settings({ TOME_MAX_ATTEMPTS: 11 })],
  [
    'dev: card: CALLER_LOOKUP_MISSES_PER_HOUR must be a whole number from 0 to 1000000.',
    settings({ CALLER_LOOKUP_MISSES_PER_HOUR: 0.5 }),
  ],
  [
    'dev: card: SOURCE_LENGTHS must be lengths from 8 to 19, such as 10-19 or 12,16.',
    settings({ SOURCE_FORM: 'account-number', SOURCE_LENGTHS: '10-20', SOURCE_CHECK_DIGIT: 'none' }),
  ],
  [
    'dev: card: SOURCE_LENGTHS must not be set unless SOURCE_FORM is account-number.',
    settings({ SOURCE_LENGTHS: '10-19' }),
  ],
  [
    'dev: card: RESERVATION_HORIZON_SECONDS must be at least twice REQUEST_DEADLINE_MS, or the settler would quarantine live requests.',
    settings({ RESERVATION_HORIZON_SECONDS: 9 }),
  ],
  [
    'dev: card: TOME_ATTEMPT_TIMEOUT_MS must be at most twice REQUEST_DEADLINE_MS, or no breaker would ever open.',
    settings({ TOME_ATTEMPT_TIMEOUT_MS: 10_001 }),
  ],
  [
    'dev: card: PREFETCH_BULK_TOKENIZE must be false, because TOME_PROFILE has no bulkItems.',
    domain({
      settings: { ...POOL, PREFETCH_BULK_TOKENIZE: true },
      tomeProfile: { ...simulator, name: 'one-by-one', bulkItems: null },
    }),
  ],
  [
    'dev: card: DATABASE_QUERY_TIMEOUT_MS must be at most 2000, when the database ends the statements of requests.',
    settings({ DATABASE_QUERY_TIMEOUT_MS: 2_001 }),
  ],
  ['dev: card: PREFETCH_BATCHSIZE is no setting.', untyped({ PREFETCH_BATCHSIZE: 5 })],
  ['dev: card: TOKENIZER must be one of pooled, direct.', untyped({ TOKENIZER: 'pool' })],
  [
    'dev: card: TOME_URL must not be set, because the address is tome.url of the environment.',
    untyped({ TOME_URL: 'https://tome' }),
  ],
  [
    /^dev: card: REFERENCE_LUHN must be any or must-pass, because /,
    domain({ tomeProfile: profileWithCheckDigit('must-pass') }),
  ],
  ['dev: card: POOL_COVER_MINUTES must be at least 1.', settings({ POOL_COVER_MINUTES: 0 })],
  [
    'dev: availabilityZones must name two or three different zones.',
    aws('dev', { availabilityZones: ['us-east-1a', 'us-east-1b', 'us-east-1c', 'us-east-1d'] }),
  ],
  [
    'dev: card: restored.clusterResourceId must be a DbClusterResourceId, which starts with cluster-.',
    domain({ restored: { ...RESTORED, clusterResourceId: 'dev-card' } }),
  ],
  [
    'dev: card: restored.administratorSecretArn must be the ARN of a secret.',
    domain({ restored: { ...RESTORED, administratorSecretArn: 'rds!cluster-1' } }),
  ],
  ['dev: card: eventReaderAccount must have twelve digits.', domain({ eventReaderAccount: 'tsys' })],
  [
    'dev: card: consumers must have different names.',
    domain({
      consumers: [1, 2].map(() => ({
        name: 'a',
        account: '555555555555',
        operations: ['lookup'],
        detokenizeRoles: [],
      })),
    }),
  ],
  [
    "dev: card: consumers must be at most 20, or the API's policy would be longer than API Gateway takes.",
    domain({
      consumers: Array.from({ length: MOST_CONSUMERS + 1 }, (_, index) => ({
        name: `consumer-${index}`,
        account: '555555555555',
        operations: ['lookup'] as const,
        detokenizeRoles: [],
      })),
    }),
  ],
  ['dev: card: consumer issuing: account must have twelve digits.', consumer({ account: '*' })],
  ['dev: card: consumer issuing must be allowed something.', consumer({ operations: [] })],
  [
    'dev: card: consumer issuing: detokenizeRoles must be names of roles, without wildcards.',
    consumer({ detokenizeRoles: ['embossing-*'] }),
  ],
] as const)('a wrong environment is reported as: %s', (sentence, environment) => {
  expect(faultsOf(environment)).toEqual([typeof sentence === 'string' ? sentence : expect.stringMatching(sentence)]);
});

test('a domain can have other rules for references than the default ones', () => {
  const other = {
    tomeProfile: profileWithCheckDigit('must-pass'),
    settings: { ...POOL, REFERENCE_LUHN: 'must-pass', UNACCEPTABLE_REFERENCES: 'refuse' },
  } as const;
  expect(faultsOf(domain(other))).toEqual([]);
});

const functions = (written: WrittenFunctions): AwsEnvironment => domain({ functions: written });

test.each([
  ['migrate.memoryMb must be a whole number from 128 to 10240.', functions({ migrate: { memoryMb: 127 } })],
  ['prefetch.timeoutSeconds must be a whole number from 1 to 900.', functions({ prefetch: { timeoutSeconds: 901 } })],
  [
    'fence-restored.timeoutSeconds must be above 840, how long the database runs its statements.',
    functions({ 'fence-restored': { timeoutSeconds: 840 } }),
  ],
  [
    'migrate.timeoutSeconds must be below 840, how long the deployment waits.',
    functions({ migrate: { timeoutSeconds: 840 } }),
  ],
  [
    'relay-events.reservedConcurrency must be 1 or null, because a job has one run at a time.',
    functions({ 'relay-events': { reservedConcurrency: 2 as 1 } }),
  ],
  [
    'lookup.timeoutSeconds must be at most 29, how long API Gateway waits.',
    functions({ lookup: { timeoutSeconds: 30 } }),
  ],
  [
    'lookup.reservedConcurrency must be a whole number from 1, because 0 would close the route.',
    functions({ lookup: { reservedConcurrency: 0 } }),
  ],
  [
    'lookup.provisionedConcurrency must be a whole number from 0.',
    functions({ lookup: { provisionedConcurrency: 0.5 } }),
  ],
  [
    'lookup.provisionedConcurrency must not be above reservedConcurrency.',
    functions({ lookup: { provisionedConcurrency: 6, reservedConcurrency: 5 } }),
  ],
  ['pool.releaseP99Ms must be a whole number from 1 to the timeout.', functions({ pool: { releaseP99Ms: 10_001 } })],
  ['prefetch.everyMinutes must be a whole number from 1 to 1440.', functions({ prefetch: { everyMinutes: 1_441 } })],
  [
    'pool-health.everyMinutes must not be set, because its schedule is fixed or it has none.',
    functions({ 'pool-health': { everyMinutes: 5 } as object }),
  ],
  [
    'prefetch.timeoutSeconds must be above PREFETCH_TIME_LIMIT_MS, or Lambda would end a run before its own limit does.',
    functions({ prefetch: { timeoutSeconds: 570 } }),
  ],
  [
    'relay-events.timeoutSeconds must be above RELAY_TIME_LIMIT_MS, or Lambda would end a run before its own limit does.',
    settings({ RELAY_TIME_LIMIT_MS: 60_000 }),
  ],
  [
    'lookup.timeoutSeconds must be above REQUEST_DEADLINE_MS, or Lambda would end a run before its own limit does.',
    functions({ lookup: { timeoutSeconds: 5 } }),
  ],
  ['prefech is no function.', functions({ prefech: {} } as WrittenFunctions)],
])('a wrong function is reported as: %s', (sentence, environment) => {
  expect(faultsOf(environment)).toEqual([`dev: card: functions.${sentence}`]);
});

test('a wrong threshold is reported with its alarm', () => {
  const alarms = { 'api-errors': 101, 'api-latency': 0, 'pool-low': 5 };
  expect(faultsOf(domain({ alarms }))).toEqual([
    'dev: card: alarms.api-errors must be a number above 0, and at most 100.',
    'dev: card: alarms.api-latency must be a number above 0, and at most 29000.',
    'dev: card: alarms.pool-low is no alarm with a threshold.',
  ]);
});

test('nothing is compared with a profile that cannot be used', () => {
  const wrong = {
    tomeProfile: { ...simulator, name: 'wrong', bulkItems: 0 },
    settings: { ...POOL, PREFETCH_BULK_TOKENIZE: true, PREFETCH_BATCH_SIZE: 0 },
  };
  expect(faultsOf(domain(wrong))).toEqual([
    'dev: card: PREFETCH_BATCH_SIZE must be at least 1.',
    expect.stringContaining('dev: card: tomeProfile bulkItems must'),
  ]);
});

test('all wrong settings of a domain are reported at once', () => {
  expect(faultsOf(settings({ PREFETCH_BATCH_SIZE: 0, EXPIRY_MARGIN_SECONDS: 0.5, POOL_COVER_MINUTES: 0 }))).toEqual([
    'dev: card: POOL_COVER_MINUTES must be at least 1.',
    'dev: card: PREFETCH_BATCH_SIZE must be at least 1.',
    'dev: card: EXPIRY_MARGIN_SECONDS must be a whole number from 0 to 31536000.',
  ]);
});

test('an unknown or missing environment name is refused with the list of names', () => {
  const sentence = `Name the environment as -c env=NAME, with one of ${Object.keys(ENVIRONMENTS).join(', ')}.`;
  expect(() => environmentNamed('production')).toThrow(sentence);
  expect(() => environmentNamed(undefined)).toThrow(sentence);
});

test('all faults are reported at once, one on each line', () => {
  const environment = aws('dev', { account: '', alarmRecipients: [] });
  expect(() => assertUsable(environment)).toThrow(
    'The environment cannot be deployed.\ndev: account must have twelve digits.\ndev: alarmRecipients and dayAlarmRecipients must name at least one address.',
  );
});

test('an emulator environment needs no alarm recipients and no AWS settings', () => {
  const local = ENVIRONMENTS.local as EmulatorEnvironment;
  expect(faultsOf(local)).toEqual([]);
  expect(faultsOf({ ...local, account: 'none' })).toEqual(['local: account must have twelve digits.']);
});

test('no two environments on AWS share an account and region, where API Gateway has one role for its logs', () => {
  const places = Object.values(ENVIRONMENTS)
    .filter(({ kind }) => kind === 'aws')
    .map(({ account, region }) => `${account} ${region}`);
  expect(places).toEqual([...new Set(places)]);
});
