import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { type Thresholds, thresholdsOf } from '../environments/alarm-thresholds.ts';
import { valuesOf } from '../environments/domain-settings.ts';
import type { DomainSettings, Environment } from '../environments/environment.ts';
import { lateMinutes } from '../environments/function-options.ts';
import type { AlarmDefinition } from './alarm.ts';
import type { PoolMetrics } from './pool-metrics.ts';

/** Minutes until a refill runs: the health job must detect the low pool and prefetch must start. */
const REFILL_START_MINUTES = 2;

/**
 * Alarms on the gauges that the health job publishes each minute. A minute without a report does
 * not change their state; the alarm `health-silent` reports the missing job.
 */
export function poolAlarms(
  metrics: PoolMetrics,
  environment: Environment,
  domain: DomainSettings,
): readonly AlarmDefinition[] {
  const values = valuesOf(['pool', 'settle'], domain.settings);
  const refillMinutes = values.POOL_REFILL_LEAD_MINUTES + REFILL_START_MINUTES;
  const isOnAws = environment.kind === 'aws';
  // The emulator suite does not wait for several minutes.
  const minutes = (count: number): number => (isOnAws ? count : 1);
  const missingData = TreatMissingData.IGNORE;
  // How long the pairs at the low-water mark last, at the consumption that the target covers. A
  // refill starts there, so the pool falls far below this level only when the refill does not work.
  const mostMinutes = values.POOL_COVER_MINUTES * values.POOL_LOW_WATER_RATIO;
  return [
    {
      runbook: 'pool-low',
      severity: 'day',
      meaning:
        'The pool has been below its low-water mark for longer than a refill should take ' +
        `(${minutes(refillMinutes)} min).`,
      metric: metrics.gauge('RefillWanted'),
      threshold: { atLeast: 1 },
      periods: minutes(refillMinutes),
      missingData,
    },
    {
      runbook: 'pool-empty',
      severity: 'page',
      meaning: 'The pool is empty, so a creation makes several TOME calls or, beyond the limit, is refused.',
      metric: metrics.gauge('PoolEmpty'),
      threshold: { atLeast: 1 },
      periods: 1,
      missingData,
    },
    {
      runbook: 'minutes-to-empty',
      severity: 'page',
      meaning: `At the present consumption the pool is empty in less than ${mostMinutes} minutes.`,
      metric: metrics.gauge('MinutesToEmpty', { statistic: 'Minimum' }),
      threshold: { below: mostMinutes },
      periods: minutes(3),
      // The health job does not publish this gauge while no pair is consumed.
      missingData: TreatMissingData.NOT_BREACHING,
    },
    {
      runbook: 'stale-reservations',
      severity: 'day',
      meaning: 'A reservation is older than the horizon at which the settler should have quarantined it.',
      metric: metrics.gauge('OldestReservedSeconds'),
      threshold: { above: values.RESERVATION_HORIZON_SECONDS + lateMinutes(domain, 'settle-reservations') * 60 },
      periods: minutes(2),
      missingData,
    },
    {
      runbook: 'outbox-age',
      severity: 'page',
      meaning: `A card-created event has waited more than ${lateMinutes(domain, 'relay-events')} minutes to be sent to TSYS.`,
      metric: metrics.gauge('OldestEventSeconds'),
      threshold: { above: lateMinutes(domain, 'relay-events') * 60 },
      periods: minutes(2),
      missingData,
    },
    ...growthAlarms(metrics, thresholdsOf(domain), missingData),
    ...(isOnAws ? [silenceAlarm(metrics, lateMinutes(domain, 'pool-health'))] : []),
  ];
}

/** Alarms on numbers that grow only when something is wrong. */
const growthAlarms = (
  metrics: PoolMetrics,
  thresholds: Thresholds,
  missingData: TreatMissingData,
): readonly AlarmDefinition[] => [
  {
    runbook: 'quarantine-growing',
    severity: 'day',
    meaning: `More than ${thresholds['quarantine-growing']} pairs were quarantined within an hour.`,
    metric: metrics.gauge('QuarantinedLastHour'),
    // Single failed requests quarantine far fewer. Each quarantined pair wastes two tokens.
    threshold: { above: thresholds['quarantine-growing'] },
    periods: 1,
    missingData,
  },
  {
    runbook: 'tokens-leaked',
    severity: 'day',
    meaning: `Within a day, prefetch answers with more than ${thresholds['tokens-leaked']} tokens were lost.`,
    metric: metrics.gauge('TokensLeakedLastDay'),
    // By default five answers of 5,000 tokens.
    threshold: { above: thresholds['tokens-leaked'] },
    periods: 1,
    missingData,
  },
  {
    runbook: 'purge-behind',
    severity: 'day',
    meaning: `Expired idempotency keys have waited more than ${thresholds['purge-behind']} seconds to be deleted.`,
    metric: metrics.gauge('PurgeLagSeconds'),
    threshold: { above: thresholds['purge-behind'] },
    periods: 1,
    missingData,
  },
];

const silenceAlarm = (metrics: PoolMetrics, silentMinutes: number): AlarmDefinition => ({
  runbook: 'health-silent',
  severity: 'page',
  meaning: `The health job has published nothing for ${silentMinutes} minutes, so no alarm on the pool can be raised.`,
  metric: metrics.gauge('PoolAvailable', { statistic: 'SampleCount' }),
  threshold: { below: 1 },
  periods: silentMinutes,
  missingData: TreatMissingData.BREACHING,
});

/** Starts a refill. It notifies no operator. */
export const refillWantedAlarm = (metrics: PoolMetrics): AlarmDefinition => ({
  runbook: 'refill-wanted',
  severity: null,
  meaning: 'The pool is below its low-water mark, and this alarm has started a refill.',
  metric: metrics.gauge('RefillWanted'),
  threshold: { above: 0 },
  periods: 1,
  missingData: TreatMissingData.IGNORE,
});
