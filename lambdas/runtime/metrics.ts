import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import {
  type Counters,
  type Dimensions,
  type Durations,
  type GaugeName,
  METRICS_SERVICE,
  metricsNamespace,
} from '../metric-names.ts';
import { readDomainSettings } from './settings.ts';

export const METRICS_NAMESPACE = metricsNamespace(readDomainSettings().PRODUCER_DOMAIN);

const metrics = new Metrics({ namespace: METRICS_NAMESPACE, serviceName: METRICS_SERVICE });

interface Reading {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
}

const counters = new Map<string, Reading>();
const durations: Reading[] = [];
const gauges: Reading[] = [];

/** Adds to a counter, which the next flush writes. No dimension identifies a card or a request. */
export function count<Name extends keyof Counters>(name: Name, dimensions: Dimensions<Name>, increment = 1): void {
  const key = `${name} ${Object.values(dimensions).join(' ')}`;
  const value = (counters.get(key)?.value ?? 0) + increment;
  counters.set(key, { name, dimensions, value });
}

/** Records one duration in milliseconds, which the next flush writes. */
export function time<Name extends keyof Durations>(name: Name, dimensions: Dimensions<Name>, ms: number): void {
  durations.push({ name, dimensions, value: ms });
}

/** Records a level at this moment, such as a number of pairs, which the next flush writes. */
export function gauge(name: GaugeName, value: number): void {
  gauges.push({ name, dimensions: {}, value });
}

/**
 * Writes what was recorded since the last flush, one embedded-metric line for each reading.
 * Handlers call it at the end of each invocation.
 */
export function flushMetrics(): void {
  const write = (readings: Iterable<Reading>, unit: (typeof MetricUnit)[keyof typeof MetricUnit]): void => {
    for (const { name, dimensions, value } of readings) {
      metrics
        .singleMetric()
        .addDimensions({ ...dimensions })
        .addMetric(name, unit, value);
    }
  };
  write(counters.values(), MetricUnit.Count);
  write(durations, MetricUnit.Milliseconds);
  write(gauges, MetricUnit.NoUnit);
  counters.clear();
  durations.length = 0;
  gauges.length = 0;
}
