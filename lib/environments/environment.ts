import type { ApiRoute } from '../../lambdas/api/routes.ts';
import type { settingGroups } from '../../lambdas/runtime/settings.ts';

export type EnvironmentName = 'dev' | 'qa' | 'uat' | 'prod' | 'local';
export type ProducerDomain = 'card' | 'program';

/** What consumers may be let in to by account; showing card numbers is a right of its own. */
export type OpenOperation = Exclude<ApiRoute['operation'], 'detokenize'>;

/** An AWS account that calls the API. */
export interface Consumer {
  readonly name: string;
  readonly account: string;
  /** Routes open to whomever that account lets call them. */
  readonly operations: readonly OpenOperation[];
  /** Names of the account's roles that may see card numbers; nobody else may, whatever their account allows. */
  readonly detokenizeRoles: readonly string[];
}

/** Settings of the functions that differ by environment and domain; what is not named keeps its default. */
export type PoolSettings = Partial<Record<Exclude<keyof typeof settingGroups.pool, 'GAUGES_TO'>, number>> &
  Record<'POOL_TARGET_MIN' | 'POOL_TARGET_MAX' | 'POOL_COVER_MINUTES', number>;
export type TomeSettings = Partial<Record<keyof typeof settingGroups.tome, number>>;

export interface DomainSettings {
  readonly consumers: readonly Consumer[];
  readonly pool: PoolSettings;
  readonly tomeCalls: TomeSettings;
  /** Minutes between two scheduled prefetches. */
  readonly prefetchEveryMinutes: number;
  /** The account that reads card events from the queue. */
  readonly eventReaderAccount: string;
  /** Requests a minute to see card numbers above which somebody is told, where no model of the usual volume exists. */
  readonly unusualDetokenizePerMinute: number;
  /** Answers in an hour to the callers of one account that a card or reference does not exist, or already did, above which somebody is told. */
  readonly unusualCallerAnswersPerHour: number;
  /** Each caller's budgets, where they are not the default. */
  readonly callerBudgets?: Partial<Record<keyof typeof settingGroups.callers, number>>;
  /**
   * Runs that a function of the API is guaranteed and limited to. A function without one shares what the account has left: creations come in bursts,
   * and a limit would turn the burst into refusals.
   */
  readonly reservedConcurrency?: Partial<Record<ApiRoute['operation'], number>>;
}

/** Which share of the calls new code gets first, and for how long it is watched before it gets all. */
export type Canary = 'all-at-once' | '10-percent-5-minutes' | '10-percent-15-minutes';

/** What every environment has. */
interface AnyEnvironment {
  readonly name: EnvironmentName;
  readonly account: string;
  readonly region: string;
  readonly logRetentionDays: number;
  readonly alarmRecipients: readonly string[];
  readonly domains: Partial<Record<ProducerDomain, DomainSettings>>;
}

export interface AwsEnvironment extends AnyEnvironment {
  readonly kind: 'aws';
  readonly availabilityZones: readonly [string, string, ...string[]];
  readonly vpcCidr: string;
  /**
   * `privateLinkService`: the name of the endpoint service by which TOME's owners let this account in. It must be offered in each of
   * `availabilityZones`, and its private DNS name be the host of `url`.
   */
  readonly tome: { readonly url: string; readonly privateLinkService: string };
  readonly aurora: {
    readonly minAcu: number;
    readonly maxAcu: number;
    readonly readers: number;
    readonly backupDays: number;
    readonly deletionProtection: boolean;
  };
  readonly canary: Canary;
  /** Instances of each API function kept warm; 0 is none. */
  readonly provisionedConcurrency: number;
  /** Requests that one address may send in five minutes before the firewall turns it away. */
  readonly firewallRequestsPerFiveMinutes: number;
}

/** An emulator of AWS: no network, database or firewall of its own. The suite that starts it says where TOME and AWS are. */
export interface EmulatorEnvironment extends AnyEnvironment {
  readonly kind: 'emulator';
}

export type Environment = AwsEnvironment | EmulatorEnvironment;
