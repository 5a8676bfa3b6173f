import { SHIPPED_PROFILES } from '../../lambdas/tome/profile/shipped-profiles.ts';
import type { AwsEnvironment, Consumer, DomainSettings, Environment } from './environment.ts';

/** The pool and the busiest second of the card domain. The program domain has a fifth of both. */
interface Size {
  readonly target: { readonly min: number; readonly max: number };
  readonly creationsPerSecond: number;
  readonly readsPerSecond: number;
}

const FEW_CARDS: Size = { target: { min: 500, max: 5_000 }, creationsPerSecond: 10, readsPerSecond: 10 };
/** Two minutes of virtual cards at 150 a second, and a tenth of the pool (docs/capacity.md). */
const RUN_OF_VIRTUAL_CARDS: Size = {
  target: { min: 25_000, max: 50_000 },
  creationsPerSecond: 150,
  readsPerSecond: 75,
};

/**
 * The two domains share the 250 calls a second of one TOME: what the expected creations of a run of
 * virtual cards leave is divided here (docs/capacity.md#limits-that-add-up).
 */
const CALLS_OF_CARD = { TOME_BATCH_CALLS_PER_SECOND: 40, DIRECT_CREATIONS_PER_SECOND: 15 };
const CALLS_OF_PROGRAM = { TOME_BATCH_CALLS_PER_SECOND: 10, DIRECT_CREATIONS_PER_SECOND: 5 };

/**
 * Every environment. Checks, tests and the command line use this list, so an environment that is
 * added here is known everywhere. Accounts, profiles and secrets are placeholders: replace them
 * with yours (docs/onboarding.md).
 * validate-environment.ts stops the synthesis of an environment with faults.
 */
const DEFINITIONS = {
  dev: small('dev', '111111111111', '10.20.0.0/20', FEW_CARDS),
  qa: small('qa', '222222222222', '10.20.16.0/20', FEW_CARDS),
  uat: {
    ...small('uat', '333333333333', '10.20.32.0/20', RUN_OF_VIRTUAL_CARDS),
    tome: {
      ...tomeAt('uat'),
      profile: 'uat',
      credentialSecretArn: 'arn:aws:secretsmanager:us-east-1:333333333333:secret:uat/tome-api-key-Ab12Cd',
    },
    aurora: { minAcu: 1, maxAcu: 8, readers: 1, backupDays: 14, deletionProtection: true },
    canary: '10-percent-5-minutes',
  },
  prod: {
    ...small('prod', '444444444444', '10.20.48.0/20', RUN_OF_VIRTUAL_CARDS),
    availabilityZones: ['us-east-1a', 'us-east-1b', 'us-east-1c'],
    isProduction: true,
    tome: {
      ...tomeAt('prod'),
      profile: { ...SHIPPED_PROFILES.uat, name: 'prod', clientCertificate: true },
      credentialSecretArn: 'arn:aws:secretsmanager:us-east-1:444444444444:secret:prod/tome-api-key-Ab12Cd',
      clientCertificateSecretArn: 'arn:aws:secretsmanager:us-east-1:444444444444:secret:prod/tome-certificate-Ef34Gh',
      secretsKeyArn: 'arn:aws:kms:us-east-1:444444444444:key/0123abcd-0123-0123-0123-0123456789ab',
    },
    // PCI DSS 10.5.1 requires twelve months of audit log.
    logRetentionDays: 400,
    aurora: { minAcu: 2, maxAcu: 32, readers: 1, backupDays: 35, deletionProtection: true },
    canary: '10-percent-5-minutes',
    provisionedConcurrency: 5,
    alarmRecipients: ['card-tokenization-on-call@bank.example'],
    dayAlarmRecipients: ['card-tokenization-team@bank.example'],
    domains: productionDomains(),
  },
  local: {
    name: 'local',
    isProduction: false,
    kind: 'emulator',
    account: '000000000000',
    region: 'us-east-1',
    logRetentionDays: 1,
    alarmRecipients: [],
    domains: {
      card: {
        ...domain('000000000000', [
          {
            name: 'suite',
            account: '000000000000',
            operations: ['create-card', 'lookup', 'lookup-or-tokenize', 'pool'],
            detokenizeRoles: ['emulator-suite'],
          },
        ]),
        settings: { POOL_TARGET_MIN: 20, POOL_TARGET_MAX: 200, POOL_COVER_MINUTES: 1 },
        expectedPeak: { creationsPerSecond: 20, readsPerSecond: 20 },
      },
    },
  },
} satisfies Readonly<Record<string, Environment>>;

export type EnvironmentName = keyof typeof DEFINITIONS;
export const ENVIRONMENTS: Readonly<Record<EnvironmentName, Environment>> = DEFINITIONS;

/** A whole environment of the smallest size. Larger environments override what differs. */
function small(
  name: string,
  account: string,
  vpcCidr: string,
  { target, creationsPerSecond, readsPerSecond }: Size,
): AwsEnvironment {
  const pool = { POOL_TARGET_MIN: target.min, POOL_TARGET_MAX: target.max, POOL_COVER_MINUTES: 30 };
  const issuing: Consumer = {
    name: 'issuing',
    account: '555555555555',
    operations: ['create-card', 'lookup', 'lookup-or-tokenize', 'pool'],
    detokenizeRoles: ['card-embossing'],
  };
  const billing: Consumer = {
    name: 'billing',
    account: '666666666666',
    operations: ['create-card', 'lookup', 'lookup-or-tokenize', 'pool'],
    detokenizeRoles: [],
  };
  return {
    name,
    isProduction: false,
    kind: 'aws',
    account,
    region: 'us-east-1',
    availabilityZones: ['us-east-1a', 'us-east-1b'],
    vpcCidr,
    tome: { ...tomeAt(name), profile: 'simulator' },
    aurora: { minAcu: 0.5, maxAcu: 2, readers: 1, backupDays: 7, deletionProtection: false },
    logRetentionDays: 90,
    alarmRecipients: [`card-tokenization-${name}@bank.example`],
    canary: 'all-at-once',
    provisionedConcurrency: 0,
    firewallRequestsPerFiveMinutes: 100_000,
    domains: {
      card: {
        ...domain('777777777777', [issuing]),
        settings: { ...pool, ...CALLS_OF_CARD },
        expectedPeak: { creationsPerSecond, readsPerSecond },
      },
      program: {
        ...domain('777777777777', [billing]),
        settings: {
          ...pool,
          ...CALLS_OF_PROGRAM,
          POOL_TARGET_MIN: target.min / 5,
          SOURCE_FORM: 'account-number',
          SOURCE_LENGTHS: '10-19',
          SOURCE_CHECK_DIGIT: 'none',
        },
        expectedPeak: { creationsPerSecond: creationsPerSecond / 5, readsPerSecond: readsPerSecond / 5 },
      },
    },
  };
}

function tomeAt(name: string): Pick<AwsEnvironment['tome'], 'url' | 'privateLinkService'> {
  return {
    url: `https://tome.${name}.bank.example`,
    privateLinkService: 'com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0',
  };
}

/**
 * A limit on detokenize and pool keeps both from using the concurrency that creations need.
 * Creations have none, because a limit would refuse bursts of them.
 */
function productionDomains(): AwsEnvironment['domains'] {
  const { card, program } = small('prod', '444444444444', '10.20.48.0/20', RUN_OF_VIRTUAL_CARDS).domains;
  const functions = {
    detokenize: { reservedConcurrency: 100 },
    pool: { reservedConcurrency: 10 },
  };
  return {
    ...(card === undefined ? {} : { card: { ...card, functions } }),
    ...(program === undefined ? {} : { program: { ...program, functions } }),
  };
}

function domain(
  eventReaderAccount: string,
  consumers: readonly Consumer[],
): Omit<DomainSettings, 'settings' | 'expectedPeak'> {
  return {
    consumers,
    eventReaderAccount,
  };
}
