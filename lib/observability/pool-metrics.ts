import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  type Counters,
  type Dimensions,
  type Durations,
  type GaugeName,
  METRICS_SERVICE,
  metricsNamespace,
} from '../../lambdas/metric-names.ts';
import type { ProducerDomain } from '../environments/environment.ts';

interface Reading {
  readonly statistic?: string;
  readonly period?: Duration;
  readonly label?: string;
}

/**
 * The metrics of one producer domain. test/integration/alarms.test.ts checks that the handlers
 * write each metric that an alarm or the dashboard reads.
 */
export class PoolMetrics {
  readonly #namespace: string;

  constructor(domain: ProducerDomain) {
    this.#namespace = metricsNamespace(domain);
  }

  gauge(name: GaugeName, { statistic = 'Maximum', period = Duration.minutes(1), label }: Reading = {}): Metric {
    return new Metric({ namespace: this.#namespace, metricName: name, statistic, period, ...labelled(label) });
  }

  counter<Name extends keyof Counters | keyof Durations>(
    name: Name,
    dimensions: Dimensions<Name>,
    { statistic = 'Sum', period = Duration.minutes(1), label }: Reading = {},
  ): Metric {
    const dimensionsMap = { service: METRICS_SERVICE, ...dimensions };
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

/** An alarm on a metric without a label has the plain form, the only one that an emulator knows. */
const labelled = (label: string | undefined) => (label === undefined ? {} : { label });

export interface SumReading {
  readonly label: string;
  readonly period?: Duration;
  /** Start of the ids of the metrics. Two sums in one graph need different ones. */
  readonly ids?: string;
}

/**
 * A sum that counts a metric without data as zero. Without data in all metrics it has no value. An
 * alarm can use at most ten metrics.
 */
export function sumOf(
  metrics: readonly IMetric[],
  { label, period = Duration.minutes(1), ids = 'm' }: SumReading,
): MathExpression {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`${ids}${index}`, metric]));
  const expression = `SUM([${Object.keys(usingMetrics).join(', ')}])`;
  return new MathExpression({ expression, usingMetrics, label, period });
}
