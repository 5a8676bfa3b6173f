import { Duration } from 'aws-cdk-lib';
import type { Stage } from 'aws-cdk-lib/aws-apigateway';
import { type IMetric, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { DatabaseCluster } from 'aws-cdk-lib/aws-rds';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Thresholds } from '../environments/alarm-thresholds.ts';
import { findingsLogName } from '../logs/log-protection.ts';
import type { AlarmDefinition, Severity } from './alarm.ts';
import { sumOf } from './pool-metrics.ts';
import { proxyMetric } from './proxy-metric.ts';

const FIVE_MINUTES = Duration.minutes(5);

/** With fewer requests in five minutes, neither a percentage nor a percentile is meaningful. */
const MIN_REQUESTS = 20;

/** A dead-letter queue, and whom its first message notifies. */
export interface WatchedQueue {
  readonly name: string;
  readonly queue: IQueue;
  readonly severity: Severity;
}

export interface PlatformAlarmsProps {
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
  readonly thresholds: Thresholds;
  readonly stage: Stage;
  readonly deadLetterQueues: readonly WatchedQueue[];
  readonly functions: readonly { readonly name: string; readonly function: IFunction }[];
  readonly cluster: DatabaseCluster | undefined;
  readonly proxyName: string | undefined;
}

/** Alarms on the metrics of AWS services. */
export function platformAlarms(props: PlatformAlarmsProps): readonly AlarmDefinition[] {
  const { name, thresholds, stage, deadLetterQueues, functions, cluster, proxyName } = props;
  return [
    ...apiAlarms(stage, thresholds),
    ...deadLetterQueues.map(deadLetterAlarm),
    ...functions.map((target) => maskedInFunctionAlarm(target.name, target.function)),
    maskedAnywhereAlarm(name),
    ...(cluster === undefined ? [] : databaseAlarms(cluster, thresholds)),
    ...(proxyName === undefined ? [] : proxyAlarms(proxyName, thresholds)),
  ];
}

/** What callers of the API see: errors and latency. */
function apiAlarms(stage: Stage, thresholds: Thresholds): readonly AlarmDefinition[] {
  const requests = stage.metricCount({ period: FIVE_MINUTES, statistic: 'Sum' });
  const whenMeaningful = (value: string, usingMetrics: Readonly<Record<string, IMetric>>, label: string): IMetric =>
    new MathExpression({
      expression: `IF(requests >= ${MIN_REQUESTS}, ${value}, 0)`,
      usingMetrics: { requests, ...usingMetrics },
      label,
      period: FIVE_MINUTES,
    });
  const missingData = TreatMissingData.NOT_BREACHING;
  return [
    {
      runbook: 'api-errors',
      severity: 'page',
      meaning: `Within five minutes more than ${thresholds['api-errors']}% of the requests were answered with 5xx.`,
      metric: whenMeaningful(
        '100 * errors / requests',
        { errors: stage.metricServerError({ period: FIVE_MINUTES, statistic: 'Sum' }) },
        '5xx (%)',
      ),
      threshold: { above: thresholds['api-errors'] },
      periods: 1,
      missingData,
    },
    {
      runbook: 'api-latency',
      severity: 'day',
      meaning: `For ten minutes more than 1% of the requests took longer than ${thresholds['api-latency']} ms.`,
      metric: whenMeaningful(
        'slowest',
        { slowest: stage.metricLatency({ period: FIVE_MINUTES, statistic: 'p99' }) },
        'p99 (ms)',
      ),
      // A pooled creation makes one TOME call of ~50 ms.
      threshold: { above: thresholds['api-latency'] },
      periods: 2,
      missingData,
    },
  ];
}

/** Raised by the first message, because an operator must handle each one. */
const deadLetterAlarm = ({ name, queue, severity }: WatchedQueue): AlarmDefinition => ({
  name: `dead-letters-${name}`,
  runbook: 'dead-letters',
  severity,
  meaning: `The dead-letter queue ${name} is not empty.`,
  metric: queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: 'Maximum' }),
  threshold: { above: 0 },
  periods: 1,
  // SQS stops publishing this metric when a queue has been idle for hours.
  missingData: TreatMissingData.IGNORE,
});

/**
 * Raised when CloudWatch Logs masks text in the log of a function. Public sources do not agree on
 * the dimensions of this metric, so both variants are summed.
 */
function maskedInFunctionAlarm(name: string, target: IFunction): AlarmDefinition {
  const LogGroupName = `/aws/lambda/${target.functionName}`;
  const findings = (dimensionsMap: Readonly<Record<string, string>>): Metric =>
    new Metric({
      namespace: 'AWS/Logs',
      metricName: 'LogEventsWithFindings',
      dimensionsMap,
      statistic: 'Sum',
      period: FIVE_MINUTES,
    });
  return {
    name: `card-number-masked-${name}`,
    runbook: 'card-number-masked',
    severity: 'page',
    meaning: `Text like a card number was written to the log of ${name} and masked there.`,
    metric: sumOf([findings({ LogGroupName }), findings({ DataProtectionOperation: 'Audit', LogGroupName })], {
      label: 'lines with findings',
      period: FIVE_MINUTES,
    }),
    threshold: { above: 0 },
    periods: 1,
    missingData: TreatMissingData.NOT_BREACHING,
  };
}

const findingsOf = (name: string): Metric =>
  new Metric({
    namespace: 'AWS/Logs',
    metricName: 'IncomingLogEvents',
    dimensionsMap: { LogGroupName: findingsLogName(name) },
    statistic: 'Sum',
    period: FIVE_MINUTES,
  });

/** Raised when CloudWatch Logs masks text in any log: functions, API Gateway, WAF, database. */
function maskedAnywhereAlarm(name: string): AlarmDefinition {
  return {
    name: 'card-number-masked-anywhere',
    runbook: 'card-number-masked',
    severity: 'page',
    meaning: 'Text like a card number was written to a log of this domain and masked there.',
    // The logs of the data stack record their findings in another log group.
    metric: sumOf([findingsOf(name), findingsOf(`${name}-data`)], { label: 'findings', period: FIVE_MINUTES }),
    threshold: { above: 0 },
    periods: 1,
    missingData: TreatMissingData.NOT_BREACHING,
  };
}

/** The load of the database. */
function databaseAlarms(cluster: DatabaseCluster, thresholds: Thresholds): readonly AlarmDefinition[] {
  const missingData = TreatMissingData.IGNORE;
  return [
    {
      runbook: 'database-busy',
      severity: 'day',
      meaning: `The CPU utilization of the database has been above ${thresholds['database-busy']}% for ten minutes.`,
      metric: cluster.metricCPUUtilization({ period: FIVE_MINUTES, statistic: 'Average' }),
      threshold: { above: thresholds['database-busy'] },
      periods: 2,
      missingData,
    },
    {
      runbook: 'database-at-capacity',
      severity: 'day',
      meaning: `The database has used more than ${thresholds['database-at-capacity']}% of its maximum capacity for ten minutes.`,
      metric: cluster.metricACUUtilization({ period: FIVE_MINUTES, statistic: 'Maximum' }),
      threshold: { above: thresholds['database-at-capacity'] },
      periods: 2,
      missingData,
    },
  ];
}

/** The proxy between the functions and the database. */
function proxyAlarms(proxyName: string, thresholds: Thresholds): readonly AlarmDefinition[] {
  const missingData = TreatMissingData.NOT_BREACHING;
  return [
    {
      runbook: 'proxy-pinned',
      severity: 'day',
      meaning: 'For 15 minutes RDS Proxy has kept database connections for single sessions, which it cannot share.',
      // The lowest value of a period: a connection that is pinned for a moment raises no alarm.
      metric: proxyMetric(proxyName, 'DatabaseConnectionsCurrentlySessionPinned', 'Minimum'),
      threshold: { above: 0 },
      periods: 3,
      missingData,
    },
    {
      runbook: 'proxy-sign-in-failed',
      severity: 'day',
      meaning: 'RDS Proxy refused the sign-in of a function.',
      metric: proxyMetric(proxyName, 'ClientConnectionsSetupFailedAuth', 'Sum'),
      threshold: { above: 0 },
      periods: 1,
      missingData,
    },
    {
      runbook: 'proxy-slow',
      severity: 'day',
      meaning: `For ten minutes requests waited more than ${thresholds['proxy-slow']} ms for a connection of RDS Proxy.`,
      metric: proxyMetric(proxyName, 'DatabaseConnectionsBorrowLatency', 'Average'),
      // The metric is in microseconds.
      threshold: { above: thresholds['proxy-slow'] * 1_000 },
      periods: 2,
      missingData,
    },
  ];
}
