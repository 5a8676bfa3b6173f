/**
 * Every metric of the product, with its dimensions. Handlers write these metrics
 * (runtime/metrics.ts, runtime/aws/gauges.ts); alarms and the dashboard read them
 * (lib/observability). A name that only one of them knows does not compile.
 */

/** The metrics of one producer domain: an alarm of one domain must not see the other domain. */
export const metricsNamespace = (domain: string): string => `CardTokenizationPool/${domain}`;

/** The dimension `service`, which Powertools adds to the counters and durations. */
export const METRICS_SERVICE = 'card-tokenization-pool';

/** Levels that the health job publishes each minute, without dimensions. */
export type GaugeName =
  | 'PoolAvailable'
  | 'PoolStaged'
  | 'PoolReserved'
  | 'PoolUsed'
  | 'PoolQuarantined'
  | 'PoolTarget'
  | 'PoolRecommended'
  | 'PoolLowWater'
  | 'PoolEmpty'
  | 'RefillWanted'
  | 'ConsumedPerMinute'
  | 'OldestReservedSeconds'
  | 'OldestEventSeconds'
  | 'QuarantinedLastHour'
  | 'TokensLeakedLastDay'
  | 'SpareTokens'
  | 'PurgeLagSeconds'
  | UncertainGauge;

/** Gauges that have no value, and are not published, while no pair is consumed or refilled. */
export type UncertainGauge = 'MinutesToEmpty' | 'RefilledPerMinute';

/** One value for each gauge, but for those that have none. */
export type Gauges = Readonly<Record<Exclude<GaugeName, UncertainGauge>, number>> &
  Readonly<Partial<Record<UncertainGauge, number>>>;

/** Dimensions of each counter. */
export interface Counters {
  readonly Requests: 'operation' | 'status';
  readonly JobRuns: 'job' | 'outcome';
  readonly TokenizerEvents: 'event';
  readonly CallerAnswers: 'account' | 'kind';
  readonly CallerBudgetSpent: never;
  readonly TomeCalls: 'namespace' | 'operation' | 'lane' | 'outcome';
  readonly TomeRateLimited: never;
  readonly TomeTokenRequests: 'outcome';
  readonly TomeTokenRequestsFailed: never;
  readonly BreakerChanges: 'namespace' | 'operation' | 'state';
  readonly BreakerOpened: never;
  readonly DatabaseBreakerChanges: 'state';
  readonly DatabaseBreakerOpened: never;
  readonly PrefetchSucceeded: never;
  readonly PrefetchFellShort: never;
  readonly EventsRefused: never;
}

/** Dimensions of each duration, in milliseconds. */
export interface Durations {
  readonly RequestDuration: 'operation';
  readonly JobDuration: 'job';
  readonly TomeCallDuration: 'namespace' | 'operation' | 'lane';
}

/** Values of the dimensions of a counter or duration. They come from short, fixed lists. */
export type Dimensions<Name extends keyof Counters | keyof Durations> = Readonly<
  Record<(Counters & Durations)[Name], string>
>;
