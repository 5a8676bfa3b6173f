import type { FUNCTIONS, RouteName } from '../../lambdas/functions.ts';
import type { ShippedProfileName } from '../../lambdas/tome/profile/shipped-profiles.ts';
import type { WrittenProfile } from '../../lambdas/tome/profile/tome-profile.ts';
import type { Thresholds } from './alarm-thresholds.ts';
import type { WrittenSettings } from './decided-settings.ts';
import type { WrittenFunctions } from './function-options.ts';

export const PRODUCER_DOMAINS = ['card', 'program'] as const;
export type ProducerDomain = (typeof PRODUCER_DOMAINS)[number];

/** Routes that do not return card numbers. A consumer account gets access to them by name. */
export type OpenOperation = {
  [Name in RouteName]: (typeof FUNCTIONS)[Name]['http']['answer'] extends 'source' ? never : Name;
}[RouteName];

/** An AWS account that calls the API. */
export interface Consumer {
  readonly name: string;
  readonly account: string;
  /** Routes that every role of the account may call, if the account allows it. */
  readonly operations: readonly OpenOperation[];
  /** Names of the account's roles that may see card numbers. All other roles are denied. */
  readonly detokenizeRoles: readonly string[];
}

/** No default suits every domain. */
type PoolSize = Readonly<Record<'POOL_TARGET_MIN' | 'POOL_TARGET_MAX' | 'POOL_COVER_MINUTES', number>>;

/** What is known of one TOME (docs/tome.md): the name of a shipped profile, or a profile. */
export type TomeProfileChoice = ShippedProfileName | WrittenProfile;

/** What a profile's `authentication` and `clientCertificate` ask for, and nothing else. */
export interface TomeCredentials {
  /** A secret of the environment's account and region, for `header` and `oauth2`. */
  readonly credentialSecretArn?: string;
  /** The same for `clientCertificate`. */
  readonly clientCertificateSecretArn?: string;
  /** The key of these secrets, if it is not the key that AWS manages for the account. */
  readonly secretsKeyArn?: string;
  /** The methods of TOME's API that functions may invoke, for `sigv4`. */
  readonly executeApiArns?: readonly string[];
}

/** The load of a domain's busiest second, for which TOME's limit must suffice. */
export interface ExpectedPeak {
  readonly creationsPerSecond: number;
  /** Lookups and detokenize requests. */
  readonly readsPerSecond: number;
}

export interface DomainSettings {
  readonly consumers: readonly Consumer[];
  /** The settings of its functions. */
  readonly settings: WrittenSettings & PoolSize;
  readonly expectedPeak: ExpectedPeak;
  /** Replaces the profile of the environment. */
  readonly tomeProfile?: TomeProfileChoice;
  /** Replaces the credentials of the environment. */
  readonly tomeCredentials?: TomeCredentials;
  /** The account that reads card events from the queue. */
  readonly eventReaderAccount: string;
  /** Thresholds in place of those in alarm-thresholds.ts. */
  readonly alarms?: Partial<Thresholds>;
  /** Sizes and schedules of its functions, in place of those in lambdas/functions.ts. */
  readonly functions?: WrittenFunctions;
  /** Set after a restore from a backup (docs/runbook.md#restore-from-backup). */
  readonly restored?: RestoredCluster;
}

/**
 * A cluster that was restored and then got the name of the old one. CloudFormation does not read
 * these facts of it again.
 */
export interface RestoredCluster {
  /** `DbClusterResourceId`, such as `cluster-ABCDEFGHIJKLMNOPQRSTUVWXYZ`. */
  readonly clusterResourceId: string;
  /** The ARN of the secret that RDS made for the password of its administrator. */
  readonly administratorSecretArn: string;
}

/** The share of the calls that new code gets first, and for how long. */
export type Canary = 'all-at-once' | '10-percent-5-minutes' | '10-percent-15-minutes';

interface AnyEnvironment {
  /** Its key in environments.ts, and the start of the names of all its resources. */
  readonly name: string;
  /** Whether it has real cards: then data outlives its stack, and the command line refuses it. */
  readonly isProduction: boolean;
  /**
   * Set by `-c first=true`: its stacks and databases can be deleted, because a first deployment can
   * fail. Deploy again without it.
   */
  readonly isFirstDeployment?: boolean;
  readonly account: string;
  readonly region: string;
  readonly logRetentionDays: number;
  /** E-mail addresses for alarms at any hour. */
  readonly alarmRecipients: readonly string[];
  /** For alarms that can wait until working hours. Default: `alarmRecipients`. */
  readonly dayAlarmRecipients?: readonly string[];
  readonly domains: Partial<Record<ProducerDomain, DomainSettings>>;
}

/** How all domains of an environment reach TOME. A domain can replace profile and credentials. */
export interface TomeAccess extends TomeCredentials {
  readonly url: string;
  /**
   * The name of TOME's endpoint service. It must exist in each of `availabilityZones`, and its
   * private DNS name must cover the host of `url` and the hosts of the profile's namespaces.
   */
  readonly privateLinkService: string;
  readonly profile: TomeProfileChoice;
  /** The endpoint service of the host that issues OAuth 2.0 tokens, if it is not TOME's host. */
  readonly tokenPrivateLinkService?: string;
}

export interface AwsEnvironment extends AnyEnvironment {
  readonly kind: 'aws';
  readonly availabilityZones: readonly [string, string, ...string[]];
  readonly vpcCidr: string;
  readonly tome: TomeAccess;
  readonly aurora: {
    readonly minAcu: number;
    readonly maxAcu: number;
    readonly readers: number;
    readonly backupDays: number;
    readonly deletionProtection: boolean;
  };
  readonly canary: Canary;
  /** Instances of each API function that are kept initialized; 0 for none. A domain can differ. */
  readonly provisionedConcurrency: number;
  /** The firewall blocks an address that sends more requests than this in five minutes. */
  readonly firewallRequestsPerFiveMinutes: number;
}

/**
 * A deployment to an emulator of AWS, without a network, a database or a firewall. Its starter
 * provides the addresses of TOME and AWS (emulator-addresses.ts).
 */
export interface EmulatorEnvironment extends AnyEnvironment {
  readonly kind: 'emulator';
}

export type Environment = AwsEnvironment | EmulatorEnvironment;
