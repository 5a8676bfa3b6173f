import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect } from '../../lambdas/pool/database/database.ts';
import { createPairStore } from '../../lambdas/pool/pair-store.ts';
import { readPoolGrowth, readPoolHealth, sampleLevels } from '../../lambdas/pool/pool-health.ts';
import { closeEvents, purgeExpired, takeEvents } from '../../lambdas/pool/pool-jobs.ts';
import { createRefillStore } from '../../lambdas/pool/refill-store.ts';
import { PURGED_KINDS } from '../../lambdas/tokenization/settle-reservations.ts';
import { asOwner, pairs } from '../../scripts/performance/bench/backlog-rows.ts';
import { PlanWatcher } from '../../scripts/performance/bench/nested-plans.ts';
import { stepDatabaseClock } from '../faults/harness/database-clock.ts';
import { fillPool } from './fill-pool.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
});

afterEach(() => db.drop());

const store = () =>
  createPairStore(db.database, { holdSeconds: 10, retentionSeconds: 60, directCreationsPerSecond: 5 });
const purge = (kind: (typeof PURGED_KINDS)[number], limit: number) =>
  db.database.run((sql) => purgeExpired(sql, kind, limit));
/** Pairs on offer whose tokens have expired since they were put there. */
async function fillExpired(count: number): Promise<void> {
  await fillPool(db.database, count, new Date(Date.now() + 3_600_000));
  await stepDatabaseClock(db.sql, 7_200);
}
const countOf = async (table: string): Promise<number> => {
  const [row] = await db.sql.unsafe<{ count: number }[]>(`SELECT count(*)::int AS count FROM ${table}`);
  return row?.count ?? Number.NaN;
};

async function takeAndClose(limit: number): Promise<number> {
  const events = await takeEvents(db.sql, limit, 30);
  await closeEvents(db.sql, events);
  return events.length;
}

const KEYS = (count: number, expiresAt: string): string => `
  INSERT INTO idempotency_key (key_hash, fingerprint, held_until, expires_at)
  SELECT decode(md5(g::text), 'hex'), 'f', now(), ${expiresAt} FROM generate_series(1, ${count}) g
`;

test('expired keys go in batches of the size that is asked for, the oldest first, and others stay', async () => {
  await db.sql.unsafe(KEYS(25, "now() - interval '20 minutes' + g * interval '1 minute'"));
  expect(await purge('idempotency-keys', 10)).toBe(10);
  const [left] =
    await db.sql`SELECT min(expires_at) > now() - interval '10 minutes' AS "areOldestGone" FROM idempotency_key`;
  expect(left).toEqual({ areOldestGone: true });
  expect(await purge('idempotency-keys', 10)).toBeGreaterThanOrEqual(9);
  expect(await purge('idempotency-keys', 10)).toBeLessThanOrEqual(1);
  expect(await countOf('idempotency_key')).toBe(5);
});

test('one purge of 7,000 expired keys deletes 5,000, and the next two delete the others', async () => {
  await db.sql.unsafe(KEYS(7_000, "now() - interval '1 hour'"));
  const purgeKeys = () => purge('idempotency-keys', 5_000);
  expect([await purgeKeys(), await purgeKeys(), await purgeKeys()]).toEqual([5_000, 2_000, 0]);
});

test('a kind that is not known is refused', async () => {
  await expect(db.sql`SELECT purge_expired('pairs', 1)`).rejects.toMatchObject({ code: '22023' });
});

test('tokens that are purged stay counted, so that every token that TOME issued is accounted for', async () => {
  await db.sql`
    INSERT INTO unpaired_token (namespace, token, expires_at, rejected_because, stored_at)
    SELECT 'ns2', 'rejected_' || g, NULL::timestamptz, 'length', now() - interval '91 days' FROM generate_series(1, 7) g
    UNION ALL SELECT 'ns2', 'fresh', NULL, 'length', now()
    UNION ALL SELECT 'ns1', 'expired_' || g, now() - interval '31 days', NULL, now() FROM generate_series(1, 3) g
    UNION ALL SELECT 'ns1', 'spare', NULL, NULL, now() - interval '400 days'
  `;
  await db.sql`
    INSERT INTO prefetch_call (id, namespace, fencing, requested, announced_at, stored_at) VALUES
      (gen_random_uuid(), 'ns1', 1, 5000, now() - interval '31 days', NULL),
      (gen_random_uuid(), 'ns1', 1, 4000, now() - interval '32 days', NULL),
      (gen_random_uuid(), 'ns1', 1, 100, now() - interval '1 day', NULL),
      (gen_random_uuid(), 'ns1', 1, 100, now() - interval '31 days', now() - interval '31 days')
  `;
  for (let round = 0; round < 3; round += 1) for (const kind of PURGED_KINDS) await purge(kind, 4);
  expect(await db.sql`SELECT token FROM unpaired_token ORDER BY token`).toEqual([
    { token: 'fresh' },
    { token: 'spare' },
  ]);
  expect(await db.sql`SELECT requested FROM prefetch_call`).toEqual([{ requested: 100 }]);
  expect(await db.sql`SELECT namespace, reason, tokens FROM forgotten_token ORDER BY 1, 2`).toEqual([
    { namespace: 'ns1', reason: 'expired', tokens: 3n },
    { namespace: 'ns1', reason: 'unanswered', tokens: 9_000n },
    { namespace: 'ns2', reason: 'rejected', tokens: 7n },
  ]);
});

test('what must not grow unseen is counted: quarantine of an hour, lost answers of a day, spare tokens, late purges', async () => {
  await fillPool(db.database, 5);
  const before = await db.database.run(readPoolHealth);
  await db.database.run((sql) => sampleLevels(sql, before));
  for (let number = 0; number < 2; number += 1) {
    const reserved = await store().reserve(randomUUID(), null);
    if (reserved.outcome === 'reserved') await store().quarantineReservation(reserved.reservation, 'conflict');
  }
  await db.sql`
    INSERT INTO prefetch_call (id, namespace, fencing, requested, announced_at) VALUES
      (gen_random_uuid(), 'ns1', 1, 5000, now() - interval '16 minutes'),
      (gen_random_uuid(), 'ns1', 1, 300, now()),
      (gen_random_uuid(), 'ns1', 1, 300, now() - interval '25 hours')
  `;
  await db.sql`INSERT INTO unpaired_token (namespace, token, rejected_because) VALUES ('ns1', 'a', NULL), ('ns2', 'b', NULL), ('ns2', 'c', 'length')`;
  await db.sql.unsafe(KEYS(1, "now() - interval '2 hours'"));
  const growth = await db.database.run(readPoolGrowth);
  expect(growth).toMatchObject({ quarantinedLastHour: 2, tokensLeakedLastDay: 5_000, spareTokens: 2 });
  expect(Math.round(growth.purgeLagSeconds / 60)).toBe(120);
});

test('spare tokens are taken up by thousands, however many there are, and none is lost', async () => {
  const refill = createRefillStore(db.database, { leaseSeconds: 60, maxMappingFailures: 3, expiryMarginSeconds: 0 });
  const lease = await refill.acquireLease('a run');
  if (lease === null) throw new Error('The lease is free.');
  await db.sql`
    INSERT INTO unpaired_token (namespace, token, expires_at)
    SELECT 'ns1', 'spare_token_number_' || lpad(g::text, 5, '0'), CASE WHEN g % 2 = 0 THEN now() + g * interval '1 minute' END FROM generate_series(1, 6000) g
  `;
  expect(await refill.spareTokens()).toEqual({ internalTokens: 5_000, references: 0 });
  const references = Array.from({ length: 10 }, (_, index) => ({
    token: `9${String(index).padStart(15, '0')}` as never,
    expiresAt: null,
  }));
  const staged = await refill.stage(lease, [], { internalTokens: [], references, rejected: [] });
  expect(staged).toMatchObject({ staged: 10 });
  // Those that expire soonest were used first.
  const soonest = await db.sql`SELECT 1 FROM pair WHERE internal_token ~ '_000(02|04|20)$'`;
  expect(soonest).toHaveLength(3);
  expect(await countOf('unpaired_token')).toBe(5_990);
});

test('a table that is large is counted without a look at its rows, and counted again when it is nearly empty', async () => {
  const watcher = new PlanWatcher(db.url);
  await watcher.open();
  // Twenty rows a page, so that a small number of rows makes a large table.
  await db.sql.unsafe(asOwner('ALTER TABLE quarantined_pair SET (fillfactor = 10, autovacuum_enabled = off)'));
  await db.sql.unsafe(asOwner('INSERT INTO quarantined_pair SELECT generate_series(1, 150000)'));
  await db.sql`SELECT pg_stat_force_next_flush()`;
  await db.sql`SELECT 1`;
  const counting = "SELECT row_count('quarantined_pair')::int AS found";
  const large = await watcher.execute(counting);
  expect(large.found).toBe(150_000);
  expect(large.pages).toBeLessThan(500);
  await db.sql.unsafe(asOwner('DELETE FROM quarantined_pair WHERE pair_id > 77'));
  await db.sql.unsafe('VACUUM (TRUNCATE off) quarantined_pair');
  const nearlyEmpty = await watcher.execute(counting);
  expect(nearlyEmpty.found).toBe(77);
  expect(nearlyEmpty.pages).toBeLessThan(500);
  await watcher.close();
});

test('while a snapshot keeps vacuum away, taking events does not read what was sent before', async () => {
  const EVENTS = 10_000;
  await db.sql.unsafe(asOwner(pairs(1, EVENTS)));
  await db.sql.unsafe(
    asOwner(`
      INSERT INTO outbox_event (pair_id, reservation_id, not_before)
      SELECT g, gen_random_uuid(), now() - interval '1 hour' + g * interval '1 millisecond' FROM generate_series(1, ${EVENTS}) g
    `),
  );
  const watcher = new PlanWatcher(db.url);
  await watcher.open();
  const reader = connect(db.url, { maxConnections: 1, prepare: false });
  const letGo = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const reading = reader.begin('ISOLATION LEVEL REPEATABLE READ', async (transaction) => {
    await transaction`SELECT count(*) FROM outbox_event`;
    held.resolve();
    await letGo.promise;
  });
  await held.promise;
  const taking = 'SELECT count(*)::int AS found FROM take_events(5, 30)';
  const first = await watcher.execute(taking);
  for (let sent = 0; sent < EVENTS - 500; ) sent += await takeAndClose(500);
  const last = await watcher.execute(taking);
  expect([first.found, last.found]).toEqual([5, 5]);
  expect(last.pages).toBeLessThan(first.pages + 100);
  letGo.resolve();
  await reading;
  await reader.end();
  await watcher.close();
});

test('an event that was committed behind the place that the relay has come to is sent all the same', async () => {
  await db.sql.unsafe(asOwner(pairs(1, 30)));
  const insert = (id: number, dueMinutesAgo: number) =>
    db.sql.unsafe(
      asOwner(`
        INSERT INTO outbox_event (pair_id, reservation_id, not_before)
        VALUES (${id}, gen_random_uuid(), now() - interval '${dueMinutesAgo} minutes')
      `),
    );
  await insert(1, 10);
  await insert(2, 9);
  expect(await takeAndClose(10)).toBe(2);
  await insert(3, 60);
  await insert(4, 0);
  expect(await takeAndClose(10)).toBe(2);
});

test('a creation passes a few expired pairs by their tickets and finds the next one that is not expired', async () => {
  await fillExpired(300);
  await fillPool(db.database, 2);
  const ticket = async (): Promise<number> =>
    Number((await db.sql<{ drawn: bigint }[]>`SELECT last_value AS drawn FROM pool_ticket`)[0]?.drawn);
  const before = await ticket();
  for (let count = 0; count < 2; count += 1) {
    expect(await store().reserve(randomUUID(), null)).toMatchObject({ outcome: 'reserved' });
  }
  expect((await ticket()) - before).toBeLessThan(80);
});

test('an empty pool moves the place where its search begins, once it lags far behind', async () => {
  await fillPool(db.database, 3);
  await db.sql`SELECT setval('pool_ticket', 50000)`;
  const reserve = () => store().reserve(randomUUID(), null);
  for (let count = 0; count < 3; count += 1) expect(await reserve()).toMatchObject({ outcome: 'reserved' });
  expect(await reserve()).toEqual({ outcome: 'no-pair' });
  const [{ floor } = { floor: 0n }] = await db.sql<{ floor: bigint }[]>`SELECT floor FROM pool_cursor`;
  expect(Number(floor)).toBeGreaterThan(47_000);
  await fillPool(db.database, 2);
  for (let count = 0; count < 2; count += 1) expect(await reserve()).toMatchObject({ outcome: 'reserved' });
});

test('the place where the search begins stays as long as a pair stands behind it', async () => {
  await fillExpired(2);
  await db.sql`SELECT setval('pool_ticket', 50000)`;
  expect(await store().reserve(randomUUID(), null)).toEqual({ outcome: 'no-pair' });
  const [{ floor } = { floor: 0n }] = await db.sql<{ floor: bigint }[]>`SELECT floor FROM pool_cursor`;
  expect(Number(floor)).toBe(1);
});

test('the capacity page names every table, and how it is kept from growing', async () => {
  const tables = await db.sql<{ name: string }[]>`
    SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
  `;
  const page = readFileSync('docs/capacity.md', 'utf8');
  const named = new Set([...page.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name));
  expect(tables.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
});
