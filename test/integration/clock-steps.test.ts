import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPairStore } from '../../lambdas/pool/pair-store.ts';
import { readPoolGrowth, readPoolHealth, sampleLevels } from '../../lambdas/pool/pool-health.ts';
import {
  closeEvents,
  purgeExpired,
  retireExpired,
  settleReservations,
  takeEvents,
} from '../../lambdas/pool/pool-jobs.ts';
import { createRefillStore } from '../../lambdas/pool/refill-store.ts';
import type { IdempotencyClaim, PairStore, Reservation } from '../../lambdas/tokenization/ports/pair-store.ts';
import { PURGED_KINDS } from '../../lambdas/tokenization/settle-reservations.ts';
import { stepDatabaseClock } from '../faults/harness/database-clock.ts';
import { fillPool, newPair } from './fill-pool.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

const DAY = 86_400;
const HORIZON = 900;
const LEASE_SECONDS = 60;

let db: TestDatabase;
let store: PairStore;

beforeEach(async () => {
  db = await createTestDatabase();
  store = createPairStore(db.database, { holdSeconds: 10, retentionSeconds: DAY, directCreationsPerSecond: 5 });
});

afterEach(() => db.drop());

const refill = () =>
  createRefillStore(db.database, { leaseSeconds: LEASE_SECONDS, maxMappingFailures: 3, expiryMarginSeconds: 0 });
const step = (seconds: number) => stepDatabaseClock(db.sql, seconds);
const health = () => db.database.run(readPoolHealth);
const settle = () => db.database.run((sql) => settleReservations(sql, HORIZON, 100));
const take = () => db.database.run((sql) => takeEvents(sql, 100, 30));

async function reserve(claim: IdempotencyClaim | null = null): Promise<Reservation> {
  const outcome = await store.reserve(randomUUID(), claim);
  if (outcome.outcome !== 'reserved') throw new Error(`Expected a reservation, not ${outcome.outcome}.`);
  return outcome.reservation;
}

async function everyJob(): Promise<void> {
  await settle();
  await db.database.run((sql) => retireExpired(sql, 100));
  for (const kind of PURGED_KINDS) await db.database.run((sql) => purgeExpired(sql, kind, 100));
  await db.database.run((sql) => closeAll(sql));
  const level = await health();
  await db.database.run((sql) => sampleLevels(sql, level));
}

async function closeAll(sql: Parameters<typeof takeEvents>[0]): Promise<void> {
  for (;;) {
    const events = await takeEvents(sql, 100, 30);
    if (events.length === 0) return;
    await closeEvents(sql, events);
  }
}

test('a step of the clock changes the age of every stored time and nothing else', async () => {
  await fillPool(db.database, 2);
  await reserve();
  const before = await db.sql<
    { age: number }[]
  >`SELECT extract(epoch FROM now() - reserved_at) AS age FROM reservation`;
  await step(-3 * DAY);
  const after = await db.sql<{ age: number }[]>`SELECT extract(epoch FROM now() - reserved_at) AS age FROM reservation`;
  expect(Number(after[0]?.age)).toBeLessThan(Number(before[0]?.age) - 2 * DAY);
  await step(3 * DAY);
  expect(await health()).toMatchObject({ available: 1, reserved: 1 });
});

describe.each([
  ['back', -3 * DAY],
  ['ahead', 3 * DAY],
  ['back by half a minute', -30],
])('after the clock was set %s', (_direction, seconds) => {
  test('every job succeeds, and the event of each used pair is sent once', async () => {
    await fillPool(db.database, 30);
    await refill().acquireLease('a run that was killed');
    for (let number = 0; number < 5; number += 1) await store.markUsed(await reserve(), null);
    await take();
    for (let number = 0; number < 5; number += 1) await store.markUsed(await reserve(), null);
    await everyJob();
    const open = [await reserve(), await reserve(), await reserve()] as const;
    await store.markUsed(await reserve(), null);
    await take();
    await store.spendDirectBudget();
    await step(seconds);

    await store.markUsed(open[0], null);
    expect(await store.release(open[1], 'not-dispatched', null)).toBe(true);
    await store.quarantineReservation(open[2], 'conflict');
    const reserved = await reserve();
    expect(await store.release(reserved, 'not-dispatched', null)).toBe(true);
    await store.markUsed(await reserve(), null);
    await store.insertBound(newPair(), 'direct');
    expect(await store.spendDirectBudget()).toBe(true);
    // Every lease has expired by then.
    await step(2 * LEASE_SECONDS);
    await everyJob();
    await fillPool(db.database, 3);
    const { oldestEventSeconds, oldestReservedSeconds, consumedPerMinute, ...level } = await health();
    expect(level).toMatchObject({ used: 14, reserved: 0, quarantined: 1, available: 19 });
    expect([oldestEventSeconds, oldestReservedSeconds]).toEqual([0, 0]);
    expect(consumedPerMinute).toBeGreaterThanOrEqual(0);
    expect(await db.sql`SELECT 1 FROM outbox_event`).toHaveLength(0);
    expect(await db.database.run(readPoolGrowth)).toMatchObject({ purgeLagSeconds: 0 });
  });
});

describe('after the clock was days ahead and is set back', () => {
  test('the next run takes over the lease of a killed run at once', async () => {
    const lost = await refill().acquireLease('a run that was killed');
    await step(-3 * DAY);
    const next = await refill().acquireLease('the next run');
    expect(next?.fencing).toBe((lost?.fencing ?? 0n) + 1n);
    expect(await refill().acquireLease('one more')).toBeNull();
  });

  test('a released lease is still free', async () => {
    const lease = await refill().acquireLease('a run');
    if (lease === null) throw new Error('The lease is free.');
    await refill().releaseLease(lease);
    // By less than the duration of a lease, so that only the release can have ended it.
    await step(-LEASE_SECONDS / 2);
    expect(await refill().acquireLease('the next run')).not.toBeNull();
  });

  test('a correction of half a second lets no other run take over a lease', async () => {
    await refill().acquireLease('a run');
    await step(-0.5);
    expect(await refill().acquireLease('another')).toBeNull();
  });

  test('the next request takes over a held key and continues with the same pair', async () => {
    await fillPool(db.database, 2);
    const claim = { keyHash: new Uint8Array([1]), fingerprint: new Uint8Array([2]) };
    const first = await reserve(claim);
    expect(await store.reserve(randomUUID(), claim)).toMatchObject({ outcome: 'key-in-progress' });
    await step(-3 * DAY);
    expect(await store.reserve(randomUUID(), claim)).toEqual({
      outcome: 'reserved',
      reservation: first,
      resumed: true,
    });
    expect(await store.reserve(randomUUID(), claim)).toMatchObject({ outcome: 'key-in-progress' });
  });

  test('the relay takes leased events again, and events that were never taken', async () => {
    await fillPool(db.database, 4);
    for (let number = 0; number < 2; number += 1) await store.markUsed(await reserve(), null);
    expect(await take()).toHaveLength(2);
    for (let number = 0; number < 2; number += 1) await store.markUsed(await reserve(), null);
    await step(-3 * DAY);
    expect(await take()).toHaveLength(4);
    expect(await take()).toHaveLength(0);
  });

  test('the relay finds an event that is written after the step, although its cursor is ahead', async () => {
    await fillPool(db.database, 3);
    await store.markUsed(await reserve(), null);
    await step(120);
    await closeAll(db.sql);
    await step(-3 * DAY);
    await store.markUsed(await reserve(), null);
    expect(await take()).toHaveLength(1);
  });

  test('the settler quarantines an open reservation, and its late owner can still use the pair', async () => {
    await fillPool(db.database, 1);
    const late = await reserve();
    await step(-3 * DAY);
    expect(await settle()).toBe(1);
    await store.markUsed(late, null);
    expect(await health()).toMatchObject({ used: 1, quarantined: 0 });
  });

  test('the settler leaves a reservation that is dated ahead by less than the horizon', async () => {
    await fillPool(db.database, 1);
    await reserve();
    await step(-HORIZON / 2);
    expect(await settle()).toBe(0);
  });

  test('the budget of the direct path ignores what was spent in seconds that are in the future', async () => {
    for (let count = 0; count < 40; count += 1) await store.spendDirectBudget();
    await step(-3 * DAY);
    await db.database.run((sql) => purgeExpired(sql, 'direct-path-seconds', 100));
    expect(await db.sql`SELECT 1 FROM direct_path_second WHERE second > now() + interval '1 minute'`).toHaveLength(0);
  });

  test('the health job deletes samples from the future, and no rate is negative', async () => {
    await fillPool(db.database, 5);
    for (let number = 0; number < 3; number += 1) await store.markUsed(await reserve(), null);
    const level = await health();
    await db.database.run((sql) => sampleLevels(sql, level));
    await step(-3 * DAY);
    await db.database.run((sql) => sampleLevels(sql, { ...level, used: 0 }));
    expect(await db.sql`SELECT 1 FROM pool_sample`).toHaveLength(1);
    const { consumedPerMinute, peakConsumedPerMinute } = await health();
    expect([consumedPerMinute, peakConsumedPerMinute]).toEqual([0, 0]);
  });

  test('a creation reserves pairs that seemed expired, wherever the search starts', async () => {
    await fillPool(db.database, 5, new Date(Date.now() + DAY * 1_000));
    await step(3 * DAY);
    expect(await store.reserve(randomUUID(), null)).toEqual({ outcome: 'no-pair' });
    await db.sql`SELECT setval('pool_ticket', 100000)`;
    expect(await store.reserve(randomUUID(), null)).toEqual({ outcome: 'no-pair' });
    await step(-3 * DAY);
    for (let count = 0; count < 5; count += 1) await reserve();
  });
});
