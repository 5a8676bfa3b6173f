import { Duration } from 'aws-cdk-lib';
import { MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { DomainSettings } from '../environments/environment.ts';
import type { AlarmRecord } from './alarm.ts';
import { type PoolMetrics, sumOf } from './pool-metrics.ts';

const FIVE_MINUTES = Duration.minutes(5);

/** Creations in five minutes below which a share says nothing. */
const TELLING_CREATIONS = 10;

/** Alarms on what functions count while they work. Where nothing was counted nothing happened, unless it is said otherwise. */
export function workAlarms(
  metrics: PoolMetrics,
  prefetch: IFunction,
  settings: DomainSettings,
): readonly AlarmRecord[] {
  const missing = TreatMissingData.NOT_BREACHING;
  return [
    {
      runbook: 'prefetch-failed',
      meaning: 'A prefetch failed, or brought less than the pool lacks.',
      metric: sumOf(
        [
          prefetch.metricErrors({ period: FIVE_MINUTES }),
          metrics.counter('PrefetchFellShort', {}, { period: FIVE_MINUTES }),
        ],
        { label: 'prefetches that failed or fell short', period: FIVE_MINUTES },
      ),
      rings: { above: 0 },
      periods: 1,
      missing,
    },
    missedPrefetchAlarm(metrics, settings.prefetchEveryMinutes),
    {
      runbook: 'breaker-open',
      meaning: 'A circuit breaker opened: TOME is taken to be down for one of its operations.',
      metric: metrics.counter('BreakerOpened', {}),
      rings: { above: 0 },
      periods: 1,
      missing,
    },
    {
      runbook: 'database-silent',
      meaning: 'The database gave no answer to new connections of an API function: its circuit breaker opened.',
      metric: metrics.counter('DatabaseBreakerOpened', {}),
      rings: { above: 0 },
      periods: 1,
      missing,
    },
    {
      runbook: 'tome-rate-limited',
      meaning: 'TOME refused more than 60 calls a minute with 429 for three minutes.',
      metric: metrics.counter('TomeRateLimited', {}),
      rings: { above: 60 },
      periods: 3,
      missing,
    },
    {
      runbook: 'events-refused',
      meaning: "TSYS's queue refused card-created events within an answer that was a success as a whole.",
      metric: metrics.counter('EventsRefused', {}),
      rings: { above: 0 },
      periods: 1,
      missing,
    },
    {
      runbook: 'direct-path-share',
      meaning: 'More than a twentieth of the creations of five minutes found no pair and took the direct path.',
      metric: new MathExpression({
        expression: `IF(SUM([direct, pooled]) >= ${TELLING_CREATIONS}, 100 * direct / SUM([direct, pooled]), 0)`,
        usingMetrics: {
          direct: metrics.counter('TokenizerEvents', { event: 'direct-path' }, { period: FIVE_MINUTES }),
          pooled: metrics.counter('TokenizerEvents', { event: 'card-created' }, { period: FIVE_MINUTES }),
        },
        label: 'direct path (%)',
        period: FIVE_MINUTES,
      }),
      rings: { above: 5 },
      periods: 1,
      missing,
    },
    {
      runbook: 'detokenize-unusual',
      meaning: `Callers asked for more than ${settings.unusualDetokenizePerMinute} card numbers in a minute.`,
      // Each request has one duration, whatever its answer: guesses count too.
      metric: metrics.counter('RequestDuration', { operation: 'detokenize' }, { statistic: 'SampleCount' }),
      rings: { above: settings.unusualDetokenizePerMinute },
      periods: 1,
      missing,
    },
  ];
}

/** The longest that one prefetch may take, in minutes. */
const PREFETCH_MINUTES = 10;

/** CloudWatch looks back a day at most over periods shorter than an hour. */
const LONGEST_SHORT_LOOK_MINUTES = 1_440;

/** No data is the very thing that it watches for. */
function missedPrefetchAlarm(metrics: PoolMetrics, everyMinutes: number): AlarmRecord {
  const lookMinutes = 2 * everyMinutes + PREFETCH_MINUTES;
  const periodMinutes = lookMinutes <= LONGEST_SHORT_LOOK_MINUTES ? 5 : 60;
  return {
    runbook: 'prefetch-missed',
    meaning: `No prefetch has succeeded for ${lookMinutes} minutes, in which two were due.`,
    metric: metrics.counter('PrefetchSucceeded', {}, { period: Duration.minutes(periodMinutes) }),
    rings: { below: 1 },
    periods: Math.ceil(lookMinutes / periodMinutes),
    missing: TreatMissingData.BREACHING,
  };
}
