import { Duration } from 'aws-cdk-lib';
import { MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { FUNCTIONS } from '../../lambdas/functions.ts';
import { thresholdsOf } from '../environments/alarm-thresholds.ts';
import type { DomainSettings } from '../environments/environment.ts';
import { lateMinutes, sizeOf } from '../environments/function-options.ts';
import type { AlarmDefinition } from './alarm.ts';
import { type PoolMetrics, sumOf } from './pool-metrics.ts';

const FIVE_MINUTES = Duration.minutes(5);

/** With fewer creations in five minutes, a percentage is not meaningful. */
const MIN_CREATIONS = 10;

/** CloudWatch evaluates at most one day when a period is shorter than an hour. */
const MAX_SHORT_PERIOD_MINUTES = 1_440;

/** Alarms on what functions count while they work. Without data, nothing has happened. */
export function workloadAlarms(
  metrics: PoolMetrics,
  prefetch: IFunction,
  settings: DomainSettings,
): readonly AlarmDefinition[] {
  const missingData = TreatMissingData.NOT_BREACHING;
  const thresholds = thresholdsOf(settings);
  return [
    {
      runbook: 'prefetch-failed',
      severity: 'day',
      meaning: 'A prefetch failed, or fetched fewer pairs than the pool needs.',
      metric: sumOf(
        [
          prefetch.metricErrors({ period: FIVE_MINUTES }),
          metrics.counter('PrefetchFellShort', {}, { period: FIVE_MINUTES }),
        ],
        { label: 'prefetches that failed or fell short', period: FIVE_MINUTES },
      ),
      threshold: { above: 0 },
      periods: 1,
      missingData,
    },
    missedPrefetchAlarm(metrics, settings),
    {
      runbook: 'breaker-open',
      severity: 'page',
      meaning: 'A circuit breaker for an operation of TOME opened.',
      metric: metrics.counter('BreakerOpened', {}),
      threshold: { above: 0 },
      periods: 1,
      missingData,
    },
    {
      runbook: 'database-silent',
      severity: 'page',
      meaning: 'The database did not answer new connections of an API function, so its circuit breaker opened.',
      metric: metrics.counter('DatabaseBreakerOpened', {}),
      threshold: { above: 0 },
      periods: 1,
      missingData,
    },
    {
      runbook: 'tome-rate-limited',
      severity: 'day',
      meaning: `For three minutes TOME answered more than ${thresholds['tome-rate-limited']} calls per minute with 429.`,
      metric: metrics.counter('TomeRateLimited', {}),
      threshold: { above: thresholds['tome-rate-limited'] },
      periods: 3,
      missingData,
    },
    {
      runbook: 'token-requests-failed',
      severity: 'page',
      meaning: `Within five minutes more than ${thresholds['token-requests-failed']} requests for an access token of TOME failed.`,
      metric: metrics.counter('TomeTokenRequestsFailed', {}, { period: FIVE_MINUTES }),
      threshold: { above: thresholds['token-requests-failed'] },
      periods: 1,
      missingData,
    },
    {
      runbook: 'reference-odd',
      severity: 'day',
      meaning: 'NS2 has bound references that are not as REFERENCE_FORMAT and REFERENCE_LUHN say.',
      metric: metrics.counter('TokenizerEvents', { event: 'reference-odd' }, { period: FIVE_MINUTES }),
      threshold: { above: 0 },
      periods: 1,
      missingData,
    },
    {
      runbook: 'events-refused',
      severity: 'page',
      meaning: "SQS accepted a batch for TSYS's queue but refused card-created events in it.",
      metric: metrics.counter('EventsRefused', {}),
      threshold: { above: 0 },
      periods: 1,
      missingData,
    },
    {
      runbook: 'direct-path-share',
      severity: 'page',
      meaning: `Within five minutes more than ${thresholds['direct-path-share']}% of the creations found no pair and used the direct path.`,
      metric: new MathExpression({
        expression: `IF(SUM([direct, pooled]) >= ${MIN_CREATIONS}, 100 * direct / SUM([direct, pooled]), 0)`,
        usingMetrics: {
          direct: metrics.counter('TokenizerEvents', { event: 'direct-path' }, { period: FIVE_MINUTES }),
          pooled: metrics.counter('TokenizerEvents', { event: 'card-created' }, { period: FIVE_MINUTES }),
        },
        label: 'direct path (%)',
        period: FIVE_MINUTES,
      }),
      threshold: { above: thresholds['direct-path-share'] },
      periods: 1,
      missingData,
    },
  ];
}

/** Here a metric without data is the fault: no prefetch has run. */
function missedPrefetchAlarm(metrics: PoolMetrics, settings: DomainSettings): AlarmDefinition {
  const windowMinutes = lateMinutes(settings, 'prefetch') + Math.ceil(sizeOf(settings, 'prefetch').timeoutSeconds / 60);
  const periodMinutes = windowMinutes <= MAX_SHORT_PERIOD_MINUTES ? 5 : 60;
  return {
    runbook: 'prefetch-missed',
    severity: 'day',
    meaning: `No prefetch has succeeded for ${windowMinutes} minutes, in which ${FUNCTIONS.prefetch.schedule.lateAfterRuns} were scheduled.`,
    metric: metrics.counter('PrefetchSucceeded', {}, { period: Duration.minutes(periodMinutes) }),
    threshold: { below: 1 },
    periods: Math.ceil(windowMinutes / periodMinutes),
    missingData: TreatMissingData.BREACHING,
  };
}
