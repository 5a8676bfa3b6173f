import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPairStore } from '../../lambdas/pool/pair-store.ts';
import type {
  IdempotencyClaim,
  PairStore,
  Reservation,
  ReserveOutcome,
} from '../../lambdas/tokenization/ports/pair-store.ts';
import { fillPool } from './fill-pool.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
});

afterEach(() => db.drop());

const holdingFor = (holdSeconds: number): PairStore =>
  createPairStore(db.database, { holdSeconds, retentionSeconds: 3_600, directCreationsPerSecond: 5 });
const newClaim = (): IdempotencyClaim => ({ keyHash: Buffer.from(randomUUID()), fingerprint: Buffer.from('body') });
const reservationOf = (outcome: ReserveOutcome): Reservation => {
  if (outcome.outcome !== 'reserved') throw new Error(`Expected a reservation, not ${outcome.outcome}.`);
  return outcome.reservation;
};

test('a retry of a key that found the pool empty gets a pair after a refill', async () => {
  const store = holdingFor(0);
  const claim = newClaim();
  expect(await store.reserve(randomUUID(), claim)).toEqual({ outcome: 'no-pair' });
  await fillPool(db.database, 2);
  const again = await store.reserve(randomUUID(), claim);
  expect(again).toMatchObject({ outcome: 'reserved', resumed: false });
  await store.markUsed(reservationOf(again), claim);
  expect(await store.reserve(randomUUID(), claim)).toEqual({
    outcome: 'key-completed',
    cardReference: reservationOf(again).cardReference,
    created: true,
  });
});

test('after a request has released the pair of a key, a retry gets another pair that the request cannot release', async () => {
  const store = holdingFor(0);
  const claim = newClaim();
  await fillPool(db.database, 3);
  const first = reservationOf(await store.reserve(randomUUID(), claim));
  expect(await store.release(first, 'not-dispatched', claim)).toBe(true);
  const again = await store.reserve(randomUUID(), claim);
  expect(again).toMatchObject({ outcome: 'reserved', resumed: false });
  expect(await store.release(first, 'not-dispatched', claim)).toBe(false);
  const resumed = await store.reserve(randomUUID(), claim);
  expect(resumed).toMatchObject({ outcome: 'reserved', resumed: true, reservation: reservationOf(again) });
  expect(await store.release(reservationOf(again), 'not-dispatched', claim)).toBe(false);
});

test('the statement that takes over a key returns the same pair when it is repeated after a lost commit', async () => {
  const claim = newClaim();
  expect(await holdingFor(0).reserve(randomUUID(), claim)).toEqual({ outcome: 'no-pair' });
  await fillPool(db.database, 3);
  const id = randomUUID();
  const store = holdingFor(3_600);
  const first = await store.reserve(id, claim);
  expect(await store.reserve(id, claim)).toEqual(first);
  expect(await store.reserve(randomUUID(), claim)).toMatchObject({ outcome: 'key-in-progress' });
  expect(await db.sql`SELECT 1 FROM reservation`).toHaveLength(1);
});

test('a retry does not continue with an expired pair, because TOME may have issued its tokens again', async () => {
  const store = holdingFor(0);
  const claim = newClaim();
  await fillPool(db.database, 2);
  const first = reservationOf(await store.reserve(randomUUID(), claim));
  await db.sql.unsafe(`
    SET session_replication_role = replica;
    UPDATE pair SET expires_at = now() - interval '1 second' WHERE id = ${first.pairId};
    SET session_replication_role = origin;
  `);
  const again = await store.reserve(randomUUID(), claim);
  expect(again).toMatchObject({ outcome: 'reserved', resumed: false });
  expect(reservationOf(again).pairId).not.toBe(first.pairId);
});
