import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { readSettings } from './settings.ts';

/** One for each producer domain, so that alarms on one never see the other. */
export const METRICS_NAMESPACE = `CardTokenizationPool/${readSettings(['domain']).PRODUCER_DOMAIN}`;

const metrics = new Metrics({ namespace: METRICS_NAMESPACE, serviceName: 'card-tokenization-pool' });

interface Counter {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  count: number;
}

const counters = new Map<string, Counter>();
interface Reading {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
}

const durations: Reading[] = [];
const gauges: Reading[] = [];

/** Adds to a counter that the next flush writes. Dimensions come from fixed lists: no tokens, no references, no ids. */
export function count(name: string, dimensions: Readonly<Record<string, string>>, increment = 1): void {
  const key = `${name} ${Object.values(dimensions).join(' ')}`;
  const counter = counters.get(key);
  if (counter === undefined) counters.set(key, { name, dimensions, count: increment });
  else counter.count += increment;
}

/** One duration in milliseconds, written by the next flush. */
export function time(name: string, dimensions: Readonly<Record<string, string>>, ms: number): void {
  durations.push({ name, dimensions, value: ms });
}

/** A level at this moment, such as a number of pairs; written by the next flush. */
export function gauge(name: string, dimensions: Readonly<Record<string, string>>, value: number): void {
  gauges.push({ name, dimensions, value });
}

/** Writes what was counted since the last flush, one embedded-metric line for each set of dimensions. At the end of each invocation. */
export function flushMetrics(): void {
  for (const { name, dimensions, count } of counters.values()) {
    metrics
      .singleMetric()
      .addDimensions({ ...dimensions })
      .addMetric(name, MetricUnit.Count, count);
  }
  for (const { name, dimensions, value } of durations) {
    metrics
      .singleMetric()
      .addDimensions({ ...dimensions })
      .addMetric(name, MetricUnit.Milliseconds, value);
  }
  for (const { name, dimensions, value } of gauges) {
    metrics
      .singleMetric()
      .addDimensions({ ...dimensions })
      .addMetric(name, MetricUnit.NoUnit, value);
  }
  counters.clear();
  durations.length = 0;
  gauges.length = 0;
}
