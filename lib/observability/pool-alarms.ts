import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { DomainSettings, Environment } from '../environments/environment.ts';
import type { AlarmRecord } from './alarm.ts';
import type { PoolMetrics } from './pool-metrics.ts';

/** Defaults of the functions' settings that alarms reckon with (lambdas/runtime/settings.ts); a test compares them. */
export const ASSUMED = { lowWaterRatio: 0.3, refillLeadMinutes: 3, reservationHorizonSeconds: 900 } as const;

/** Minutes in which the health job asks for a refill and its function starts, beyond the lead that refills are planned with. */
const START_MINUTES = 2;

/** Seconds beyond their horizon at which a reservation should long have been settled, by a job that runs each minute. */
const SETTLING_SECONDS = 300;

/** Seconds after which an event should long have been sent, by a job that runs each minute. */
const OLDEST_EVENT_SECONDS = 300;

/** Pairs that go to quarantine in an hour beyond those of single cards: each costs two tokens and is never used for a new card. */
const QUARANTINED_IN_AN_HOUR = 1_000;

/** Tokens of lost prefetch answers in a day: five full answers. */
const LEAKED_IN_A_DAY = 25_000;

/** Seconds for which expired keys may wait for their deletion by a job that runs each minute. */
const PURGE_LAG_SECONDS = 3_600;

/**
 * Alarms on what the health job measures each minute. They are plain gauges, so an emulator rings them too. A minute without news changes nothing: that
 * the job is silent is an alarm of its own.
 */
export function levelAlarms(
  metrics: PoolMetrics,
  environment: Environment,
  { pool }: DomainSettings,
): readonly AlarmRecord[] {
  const lowWaterRatio = pool.POOL_LOW_WATER_RATIO ?? ASSUMED.lowWaterRatio;
  const refillMinutes = (pool.POOL_REFILL_LEAD_MINUTES ?? ASSUMED.refillLeadMinutes) + START_MINUTES;
  // An emulator's day is short.
  const inARow = (periods: number): number => (environment.kind === 'emulator' ? 1 : periods);
  const missing = TreatMissingData.IGNORE;
  return [
    {
      runbook: 'pool-low',
      meaning: `The pool has been below its low-water mark longer than the refill that was asked for should take (${inARow(refillMinutes)} min).`,
      metric: metrics.gauge('RefillWanted'),
      rings: { atLeast: 1 },
      periods: inARow(refillMinutes),
      missing,
    },
    {
      runbook: 'pool-empty',
      meaning: 'The pool is empty: each creation makes several TOME calls, within a budget, and then is refused.',
      metric: metrics.gauge('PoolEmpty'),
      rings: { atLeast: 1 },
      periods: 1,
      missing,
    },
    {
      runbook: 'minutes-to-empty',
      meaning: `At the present consumption the pool is empty in less than ${minutesAtLowWater(pool, lowWaterRatio)} minutes.`,
      metric: metrics.gauge('MinutesToEmpty', { statistic: 'Minimum' }),
      rings: { below: minutesAtLowWater(pool, lowWaterRatio) },
      periods: inARow(3),
      // Not published while nothing is consumed: then it lasts for ever.
      missing: TreatMissingData.NOT_BREACHING,
    },
    {
      runbook: 'stale-reservations',
      meaning: 'A reservation is older than the horizon at which it should have gone to quarantine.',
      metric: metrics.gauge('OldestReservedSeconds'),
      rings: { above: ASSUMED.reservationHorizonSeconds + SETTLING_SECONDS },
      periods: inARow(2),
      missing,
    },
    {
      runbook: 'outbox-age',
      meaning: `A card-created event has waited for more than ${OLDEST_EVENT_SECONDS / 60} minutes to be sent to TSYS's queue.`,
      metric: metrics.gauge('OldestEventSeconds'),
      rings: { above: OLDEST_EVENT_SECONDS },
      periods: inARow(2),
      missing,
    },
    ...growthAlarms(metrics, missing),
  ];
}

/** Alarms on what grows only when something is wrong. */
const growthAlarms = (metrics: PoolMetrics, missing: TreatMissingData): readonly AlarmRecord[] => [
  {
    runbook: 'quarantine-growing',
    meaning: `More than ${QUARANTINED_IN_AN_HOUR} pairs went to quarantine within an hour.`,
    metric: metrics.gauge('QuarantinedLastHour'),
    rings: { above: QUARANTINED_IN_AN_HOUR },
    periods: 1,
    missing,
  },
  {
    runbook: 'tokens-leaked',
    meaning: `The answers to prefetch calls for more than ${LEAKED_IN_A_DAY} tokens were lost within a day.`,
    metric: metrics.gauge('TokensLeakedLastDay'),
    rings: { above: LEAKED_IN_A_DAY },
    periods: 1,
    missing,
  },
  {
    runbook: 'purge-behind',
    meaning: `Idempotency keys have been due for deletion for more than ${PURGE_LAG_SECONDS / 3_600} hour.`,
    metric: metrics.gauge('PurgeLagSeconds'),
    rings: { above: PURGE_LAG_SECONDS },
    periods: 1,
    missing,
  },
];

/** How long a pool at its low-water mark lasts when its target follows the consumption. A refill that works never lets it come much below. */
const minutesAtLowWater = ({ POOL_COVER_MINUTES }: DomainSettings['pool'], lowWaterRatio: number): number =>
  POOL_COVER_MINUTES * lowWaterRatio;

/** Minutes without a word of the health job before somebody is told. */
const SILENT_MINUTES = 3;

/** Without the health job no level alarm can ring. */
export const silenceAlarm = (metrics: PoolMetrics): AlarmRecord => ({
  runbook: 'health-silent',
  meaning: `The health job has published nothing for ${SILENT_MINUTES} minutes: no alarm on the pool's level can ring.`,
  metric: metrics.gauge('PoolAvailable', { statistic: 'SampleCount' }),
  rings: { below: 1 },
  periods: SILENT_MINUTES,
  missing: TreatMissingData.BREACHING,
});
