import { Duration } from 'aws-cdk-lib';
import type { Stage } from 'aws-cdk-lib/aws-apigateway';
import { type IMetric, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { DatabaseCluster } from 'aws-cdk-lib/aws-rds';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { findingsLogName } from '../logs/log-protection.ts';
import type { AlarmRecord } from './alarm.ts';
import { sumOf } from './pool-metrics.ts';

const FIVE_MINUTES = Duration.minutes(5);

/** Requests in five minutes below which neither a share nor a percentile says anything. */
const TELLING_REQUESTS = 20;

/** The slowest that one request in a hundred may be, in milliseconds: a creation by the pool makes one TOME call of about 50. */
const SLOW_MS = 1_000;

/** Alarms on what callers of the API see. */
export function apiAlarms(stage: Stage): readonly AlarmRecord[] {
  const requests = stage.metricCount({ period: FIVE_MINUTES, statistic: 'Sum' });
  const whereTelling = (value: string, usingMetrics: Readonly<Record<string, IMetric>>, label: string): IMetric =>
    new MathExpression({
      expression: `IF(requests >= ${TELLING_REQUESTS}, ${value}, 0)`,
      usingMetrics: { requests, ...usingMetrics },
      label,
      period: FIVE_MINUTES,
    });
  const missing = TreatMissingData.NOT_BREACHING;
  return [
    {
      runbook: 'api-errors',
      meaning: 'More than one in a hundred requests of five minutes was answered with 5xx.',
      metric: whereTelling(
        '100 * errors / requests',
        { errors: stage.metricServerError({ period: FIVE_MINUTES, statistic: 'Sum' }) },
        '5xx (%)',
      ),
      rings: { above: 1 },
      periods: 1,
      missing,
    },
    {
      runbook: 'api-latency',
      meaning: `One request in a hundred took longer than ${SLOW_MS} ms for ten minutes.`,
      metric: whereTelling(
        'slowest',
        { slowest: stage.metricLatency({ period: FIVE_MINUTES, statistic: 'p99' }) },
        'p99 (ms)',
      ),
      rings: { above: SLOW_MS },
      periods: 2,
      missing,
    },
  ];
}

/** Rings on the first message: each is something that nobody could take. */
export const deadLetterAlarm = (name: string, queue: IQueue): AlarmRecord => ({
  name: `dead-letters-${name}`,
  runbook: 'dead-letters',
  meaning: `The dead-letter queue ${name} is not empty.`,
  metric: queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: 'Maximum' }),
  rings: { above: 0 },
  periods: 1,
  // SQS stops reporting on a queue that nothing has happened to for hours.
  missing: TreatMissingData.IGNORE,
});

/**
 * Rings when CloudWatch Logs masked something in a function's log. Public sources do not agree on the metric's dimensions, so
 * both ways are watched.
 */
export function maskedAlarm(name: string, target: IFunction): AlarmRecord {
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
    meaning: `Something like a card number was written to the log of ${name}, and masked there.`,
    metric: sumOf([findings({ LogGroupName }), findings({ DataProtectionOperation: 'Audit', LogGroupName })], {
      label: 'lines with findings',
      period: FIVE_MINUTES,
    }),
    rings: { above: 0 },
    periods: 1,
    missing: TreatMissingData.NOT_BREACHING,
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

/** Rings when CloudWatch Logs wrote down that it masked something, in whichever log: a function's, API Gateway's, the firewall's or the database's. */
export function maskedAnywhereAlarm(name: string): AlarmRecord {
  return {
    name: 'card-number-masked-anywhere',
    runbook: 'card-number-masked',
    meaning: 'Something like a card number was written to a log of this domain, and masked there.',
    // The data stack's logs are reported in a log of their own.
    metric: sumOf([findingsOf(name), findingsOf(`${name}-data`)], { label: 'findings', period: FIVE_MINUTES }),
    rings: { above: 0 },
    periods: 1,
    missing: TreatMissingData.NOT_BREACHING,
  };
}

/** Alarms on the database's own load. */
export function databaseAlarms(cluster: DatabaseCluster): readonly AlarmRecord[] {
  const missing = TreatMissingData.IGNORE;
  return [
    {
      runbook: 'database-busy',
      meaning: "The database's processors have been busy above 80% for ten minutes.",
      metric: cluster.metricCPUUtilization({ period: FIVE_MINUTES, statistic: 'Average' }),
      rings: { above: 80 },
      periods: 2,
      missing,
    },
    {
      runbook: 'database-at-capacity',
      meaning: 'The database has been at more than 90% of the capacity that it may scale to for ten minutes.',
      metric: cluster.metricACUUtilization({ period: FIVE_MINUTES, statistic: 'Maximum' }),
      rings: { above: 90 },
      periods: 2,
      missing,
    },
  ];
}
