import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ProducerDomain } from './environment.ts';

/** Each producer domain's metrics, by themselves. */
export const metricsNamespace = (domain: ProducerDomain): string => `CardTokenizationPool/${domain}`;

/** Levels that the health job publishes each minute, without dimensions (lambdas/runtime/compose-health-report.ts). */
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
  | 'OldestEventSeconds';

/** Counters and durations that every function writes as embedded metrics, with their dimensions (lambdas/runtime/metrics.ts). */
interface Counters {
  readonly Requests: 'operation' | 'status';
  readonly RequestDuration: 'operation';
  readonly TomeCalls: 'namespace' | 'operation' | 'lane' | 'outcome';
  readonly TomeCallDuration: 'namespace' | 'operation' | 'lane';
  readonly TokenizerEvents: 'event';
  readonly BreakerChanges: 'namespace' | 'operation' | 'state';
  readonly BreakerOpened: never;
  readonly TomeRateLimited: never;
  readonly JobRuns: 'job' | 'outcome';
  readonly JobDuration: 'job';
}

/** The dimension that Powertools adds to embedded metrics. */
const SERVICE = { service: 'card-tokenization-pool' };

const ONE_MINUTE = Duration.minutes(1);

/** The metrics of one producer domain, by their names in lambdas/. */
export class PoolMetrics {
  readonly #namespace: string;

  constructor(domain: ProducerDomain) {
    this.#namespace = metricsNamespace(domain);
  }

  gauge(name: Gauge, { statistic = 'Maximum', label = name }: { statistic?: string; label?: string } = {}): Metric {
    return new Metric({ namespace: this.#namespace, metricName: name, statistic, label, period: ONE_MINUTE });
  }

  counter<Name extends keyof Counters>(
    name: Name,
    dimensions: Readonly<Record<Counters[Name], string>>,
    { statistic = 'Sum', period = ONE_MINUTE, label }: { statistic?: string; period?: Duration; label?: string } = {},
  ): Metric {
    return new Metric({
      namespace: this.#namespace,
      metricName: name,
      dimensionsMap: { ...SERVICE, ...dimensions },
      statistic,
      period,
      ...(label === undefined ? {} : { label }),
    });
  }

  /** How often breakers opened, over all of TOME's operations. */
  breakersOpened(period: Duration): IMetric {
    const opened = TOME_OPERATIONS.map(([namespace, operation]) =>
      this.counter('BreakerChanges', { namespace, operation, state: 'open' }, { period }),
    );
    return sumOf(opened, 'breakers opened', period);
  }

  /** How often TOME said 429, over all of its operations and both lanes. */
  rateLimited(period: Duration): IMetric {
    const refused = LANES_OF_OPERATIONS.map(([namespace, operation, lane]) =>
      this.counter('TomeCalls', { namespace, operation, lane, outcome: 'tome-rate-limited' }, { period }),
    );
    return sumOf(refused, '429 from TOME', period);
  }
}

/** TOME's operations that have a breaker, each in its namespace. */
const TOME_OPERATIONS = [
  ['ns1', 'tokenize'],
  ['ns1', 'detokenize'],
  ['ns1', 'lookup'],
  ['ns1', 'prefetch'],
  ['ns2', 'tokenize'],
  ['ns2', 'detokenize'],
  ['ns2', 'lookup'],
  ['ns2', 'prefetch'],
  ['ns2', 'bulk-tokenize'],
] as const;

/** Who calls what: people wait for the live lane, and prefetch has the batch lane to itself. An alarm takes ten metrics at most. */
const LANES_OF_OPERATIONS = [
  ['ns1', 'tokenize', 'live'],
  ['ns1', 'detokenize', 'live'],
  ['ns1', 'lookup', 'live'],
  ['ns2', 'tokenize', 'live'],
  ['ns2', 'detokenize', 'live'],
  ['ns2', 'lookup', 'live'],
  ['ns1', 'prefetch', 'batch'],
  ['ns2', 'prefetch', 'batch'],
  ['ns2', 'tokenize', 'batch'],
  ['ns2', 'bulk-tokenize', 'batch'],
] as const;

/** A sum in which what was not counted is nothing, rather than unknown. */
export function sumOf(metrics: readonly Metric[], label: string, period: Duration = ONE_MINUTE): MathExpression {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({
    expression: Object.keys(usingMetrics)
      .map((name) => `FILL(${name}, 0)`)
      .join(' + '),
    usingMetrics,
    label,
    period,
  });
}
