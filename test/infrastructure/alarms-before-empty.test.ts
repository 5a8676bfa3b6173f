import { beforeAll, expect, test } from 'vitest';
import { planRefill } from '../../lambdas/tokenization/refill/refill-plan.ts';
import { type AlarmState, type Minute, metricKey, stateAfter } from './alarm-evaluation.ts';
import { type ObservedDomain, observedDomain } from './observed-domain.ts';

/** What the batch budget maps at its default of 80 calls a second. */
const REFILLED_PER_MINUTE = 4_800;

let prod: ObservedDomain;

beforeAll(() => {
  prod = observedDomain('prod');
});

/** Each minute of a pool, with the gauges that the health job would publish, until it is empty or time is up. */
function minutesOf(consumedPerMinute: number, refill: 'works' | 'is down', mostMinutes: number): readonly Minute[] {
  const { pool, prefetchEveryMinutes } = prod.settings;
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
  for (let minute = 1; minute <= mostMinutes && available > 0; minute += 1) {
    available = Math.max(0, available - consumedPerMinute);
    const { target, lowWater } = plan(available);
    if (isRefilling) available = Math.min(target, available + REFILLED_PER_MINUTE);
    isRefilling = refill === 'works' && (isRefilling || available < lowWater || minute % prefetchEveryMinutes === 0);
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

/** Minutes after which one of the alarms first rings, or null. */
function firstRing(names: readonly string[], minutes: readonly Minute[]): number | null {
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
])('at %s a refill that works rings nothing for half a day', (_name, consumedPerMinute) => {
  const minutes = minutesOf(consumedPerMinute, 'works', 720);
  expect(minutes).toHaveLength(720);
  expect(firstRing(['pool-low', 'minutes-to-empty', 'pool-empty'], minutes)).toBeNull();
});

test.each([
  ['100,000 cards a day', 70, 15],
  ['ten cards a second', 600, 5],
  ['a peak of 150 cards a second', 9_000, 2],
])(
  'at %s and no refill at all somebody is told before the pool is empty',
  (_name, consumedPerMinute, noticeMinutes) => {
    const minutes = minutesOf(consumedPerMinute, 'is down', 10_000);
    const rings = firstRing(['pool-low', 'minutes-to-empty'], minutes);
    expect(rings).not.toBeNull();
    expect(minutes.length - (rings ?? 0)).toBeGreaterThanOrEqual(noticeMinutes);
    expect(firstRing(['pool-empty'], minutes)).toBe(minutes.length);
  },
);
