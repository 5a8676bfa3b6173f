import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ProducerDomain } from '../environments/environment.ts';

/** Each producer domain's metrics, by themselves. */
export const metricsNamespace = (domain: ProducerDomain): string => `CardTokenizationPool/${domain}`;

/** Levels that the health job publishes each minute, without dimensions (lambdas/composition/pool-health.ts). */
export type Gauge =
  | 'PoolAvailable'
  | 'PoolStaged'
  | 'PoolReserved'
  | 'PoolUsed'
  | 'PoolQuarantined'
  | 'PoolTarget'
  | 'PoolLowWater'
  | 'PoolEmpty'
  | 'RefillWanted'
  | 'ConsumedPerMinute'
  | 'RefilledPerMinute'
  | 'MinutesToEmpty'
  | 'OldestReservedSeconds'
  | 'OldestEventSeconds'
  | 'QuarantinedLastHour'
  | 'TokensLeakedLastDay'
  | 'SpareTokens'
  | 'PurgeLagSeconds';

/** Counters and durations that functions write as embedded metrics, with their dimensions (lambdas/runtime). */
interface Counters {
  readonly Requests: 'operation' | 'status';
  readonly RequestDuration: 'operation';
  readonly TomeCallDuration: 'namespace' | 'operation' | 'lane';
  readonly TomeRateLimited: never;
  readonly BreakerOpened: never;
  readonly DatabaseBreakerOpened: never;
  readonly TokenizerEvents: 'event';
  readonly CallerAnswers: 'account' | 'kind';
  readonly CallerBudgetSpent: never;
  readonly PrefetchSucceeded: never;
  readonly PrefetchFellShort: never;
  readonly EventsRefused: never;
}

interface Reading {
  readonly statistic?: string;
  readonly period?: Duration;
  readonly label?: string;
}

/** The dimension that Powertools adds to embedded metrics. */
const SERVICE = { service: 'card-tokenization-pool' };

/** The metrics of one producer domain, by their names in lambdas/. That functions write them so is tested (test/integration/alarms.test.ts). */
export class PoolMetrics {
  readonly #namespace: string;

  constructor(domain: ProducerDomain) {
    this.#namespace = metricsNamespace(domain);
  }

  gauge(name: Gauge, { statistic = 'Maximum', period = Duration.minutes(1), label }: Reading = {}): Metric {
    return new Metric({ namespace: this.#namespace, metricName: name, statistic, period, ...labelled(label) });
  }

  counter<Name extends keyof Counters>(
    name: Name,
    dimensions: Readonly<Record<Counters[Name], string>>,
    { statistic = 'Sum', period = Duration.minutes(1), label }: Reading = {},
  ): Metric {
    const dimensionsMap = { ...SERVICE, ...dimensions };
    return new Metric({
      namespace: this.#namespace,
      metricName: name,
      dimensionsMap,
      statistic,
      period,
      ...labelled(label),
    });
  }
}

/** Without a label an alarm stays in its plain form, which is the only one that an emulator knows. */
const labelled = (label: string | undefined) => (label === undefined ? {} : { label });

export interface SumReading {
  readonly label: string;
  readonly period?: Duration;
  /** What its metrics' ids start with; different ones in one graph. */
  readonly ids?: string;
}

/** A sum in which what was not counted is nothing, rather than unknown; unknown where nothing at all was counted. An alarm takes ten metrics at most. */
export function sumOf(
  metrics: readonly IMetric[],
  { label, period = Duration.minutes(1), ids = 'm' }: SumReading,
): MathExpression {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`${ids}${index}`, metric]));
  const expression = `SUM([${Object.keys(usingMetrics).join(', ')}])`;
  return new MathExpression({ expression, usingMetrics, label, period });
}
