import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPairStore } from '../../lambdas/pool/pair-store.ts';
import { fenceRestored } from '../../lambdas/pool/pool-jobs.ts';
import { createRefillStore } from '../../lambdas/pool/refill-store.ts';
import { fillPool } from './fill-pool.ts';
import { untilLockIsAwaited } from './lock-waiters.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
});

afterEach(() => db.drop());

const store = () =>
  createPairStore(db.database, { holdSeconds: 10, retentionSeconds: 3_600, directCreationsPerSecond: 5 });
const states = async (): Promise<readonly string[]> =>
  (await db.sql<{ state: string }[]>`SELECT state FROM pair_life ORDER BY pair_id`).map(({ state }) => state);

test('the fence waits for a reservation that is being committed, and quarantines its pair too', async () => {
  await fillPool(db.database, 2);
  const id = randomUUID();
  const reserved = Promise.withResolvers<bigint>();
  const commit = Promise.withResolvers<void>();
  const reserving = db.sql.begin(async (transaction) => {
    const [pair] = await transaction<{ pair_id: bigint }[]>`SELECT pair_id FROM reserve(${id})`;
    reserved.resolve(pair?.pair_id as bigint);
    await commit.promise;
  });
  const pairId = await reserved.promise;
  const fencing = db.database.run(fenceRestored);
  await untilLockIsAwaited(db.sql);
  commit.resolve();
  await reserving;
  expect(await fencing).toMatchObject({ quarantined: 2 });
  expect(await db.sql`SELECT release(${id}, ${pairId}, 'not-dispatched', NULL) AS released`).toEqual([
    { released: false },
  ]);
  expect(await states()).toEqual(['QUARANTINED', 'QUARANTINED']);
  expect(await store().reserve(randomUUID(), null)).toEqual({ outcome: 'no-pair' });
});

test('a prefetch run that outlived the restore cannot make pairs available', async () => {
  const refill = createRefillStore(db.database, { leaseSeconds: 3_600, maxMappingFailures: 3, expiryMarginSeconds: 0 });
  const lease = await refill.acquireLease('a run from before');
  if (lease === null) throw new Error('The lease is free.');
  await db.database.run(fenceRestored);
  await expect(refill.activate(lease, [])).rejects.toMatchObject({ code: 'lease-lost' });
});
