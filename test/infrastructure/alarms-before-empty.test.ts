import { beforeAll, expect, test } from 'vitest';
import { FUNCTIONS } from '../../lambdas/functions.ts';
import { planRefill } from '../../lambdas/tokenization/refill/refill-plan.ts';
import { type AlarmState, type Minute, metricKey, stateAfter } from './alarm-evaluation.ts';
import { type ObservedDomain, observedDomain } from './observed-domain.ts';

/** Pairs that a refill binds in a minute at the default batch rate limit of 80 calls a second. */
const REFILLED_PER_MINUTE = 4_800;

let prod: ObservedDomain;

beforeAll(() => {
  prod = observedDomain('prod');
});

/**
 * The gauges of each minute of a simulated pool, until the pool is empty or `maxMinutes` is
 * reached.
 */
function minutesOf(consumedPerMinute: number, refill: 'works' | 'is down', maxMinutes: number): readonly Minute[] {
  const { settings: pool } = prod.settings;
  const plan = (available: number) =>
    planRefill(
      { available, staged: 0, peakConsumedPerMinute: consumedPerMinute, refilledPerMinute: REFILLED_PER_MINUTE },
      {
        targetMin: pool.POOL_TARGET_MIN,
        targetMax: pool.POOL_TARGET_MAX,
        coverMinutes: pool.POOL_COVER_MINUTES,
        lowWaterRatio: 0.3,
        leadMinutes: 3,
      },
    );
  const minutes: Minute[] = [];
  let available = plan(0).target;
  let isRefilling = false;
  for (let minute = 1; minute <= maxMinutes && available > 0; minute += 1) {
    available = Math.max(0, available - consumedPerMinute);
    const { target, lowWater } = plan(available);
    if (isRefilling) available = Math.min(target, available + REFILLED_PER_MINUTE);
    isRefilling =
      refill === 'works' &&
      (isRefilling || available < lowWater || minute % FUNCTIONS.prefetch.schedule.everyMinutes === 0);
    if (available >= target) isRefilling = false;
    const gauges = {
      RefillWanted: available < lowWater ? 1 : 0,
      PoolEmpty: available === 0 ? 1 : 0,
      MinutesToEmpty: available / consumedPerMinute,
    };
    minutes.push(
      new Map(
        Object.entries(gauges).map(([name, value]) => [metricKey('CardTokenizationPool/card', name, {}), [value]]),
      ),
    );
  }
  return minutes;
}

/** The minute in which one of the alarms is first raised, or null. */
function firstAlarmMinute(names: readonly string[], minutes: readonly Minute[]): number | null {
  for (let count = 1; count <= minutes.length; count += 1) {
    const states: AlarmState[] = names.map((name) => stateAfter(prod.alarm(name), minutes.slice(0, count), 'OK'));
    if (states.includes('ALARM')) return count;
  }
  return null;
}

test.each([
  ['100,000 cards a day', 70],
  ['ten cards a second', 600],
  ['25 cards a second', 1_500],
])('at %s and with a working refill no pool alarm is raised for half a day', (_name, consumedPerMinute) => {
  const minutes = minutesOf(consumedPerMinute, 'works', 720);
  expect(minutes).toHaveLength(720);
  expect(firstAlarmMinute(['pool-low', 'minutes-to-empty', 'pool-empty'], minutes)).toBeNull();
});

test.each([
  ['100,000 cards a day', 70, 15],
  ['ten cards a second', 600, 5],
  ['a peak of 150 cards a second', 9_000, 2],
])(
  'at %s and without a refill an alarm is raised minutes before the pool is empty',
  (_name, consumedPerMinute, noticeMinutes) => {
    const minutes = minutesOf(consumedPerMinute, 'is down', 10_000);
    const raised = firstAlarmMinute(['pool-low', 'minutes-to-empty'], minutes);
    expect(raised).not.toBeNull();
    expect(minutes.length - (raised ?? 0)).toBeGreaterThanOrEqual(noticeMinutes);
    expect(firstAlarmMinute(['pool-empty'], minutes)).toBe(minutes.length);
  },
);
