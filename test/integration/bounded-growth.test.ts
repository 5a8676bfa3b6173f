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
/** Makes pairs available whose tokens then expire. */
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

test('a purge deletes at most the requested number of expired keys, the oldest first, and no others', async () => {
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

test('purge_expired refuses an unknown kind', async () => {
  await expect(db.sql`SELECT purge_expired('pairs', 1)`).rejects.toMatchObject({ code: '22023' });
});

test('a purge counts the tokens that it deletes, so that every token that TOME issued is accounted for', async () => {
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

test('pool_growth counts the quarantined pairs of an hour, lost tokens of a day, spare tokens and the delay of purges', async () => {
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

test('staging uses at most 5,000 spare tokens, those with the earliest expiry first, and loses none', async () => {
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
  const soonest = await db.sql`SELECT 1 FROM pair WHERE internal_token ~ '_000(02|04|20)$'`;
  expect(soonest).toHaveLength(3);
  expect(await countOf('unpaired_token')).toBe(5_990);
});

test('row_count reads no rows of a large table, and counts a table that is nearly empty again', async () => {
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

test('the relay does not read sent events that a long snapshot keeps in the index', async () => {
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
  const endReader = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const reading = reader.begin('ISOLATION LEVEL REPEATABLE READ', async (transaction) => {
    await transaction`SELECT count(*) FROM outbox_event`;
    held.resolve();
    await endReader.promise;
  });
  await held.promise;
  const taking = 'SELECT count(*)::int AS found FROM take_events(5, 30)';
  const first = await watcher.execute(taking);
  for (let sent = 0; sent < EVENTS - 500; ) sent += await takeAndClose(500);
  const last = await watcher.execute(taking);
  expect([first.found, last.found]).toEqual([5, 5]);
  expect(last.pages).toBeLessThan(first.pages + 100);
  endReader.resolve();
  await reading;
  await reader.end();
  await watcher.close();
});

test('the relay sends an event that is committed before its cursor', async () => {
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

test('a creation skips a limited number of expired tickets and then finds the next pair by a search', async () => {
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

test('a search of an empty pool raises the floor when it is far behind the tickets', async () => {
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

test('a search does not raise the floor while an expired pair is above it', async () => {
  await fillExpired(2);
  await db.sql`SELECT setval('pool_ticket', 50000)`;
  expect(await store().reserve(randomUUID(), null)).toEqual({ outcome: 'no-pair' });
  const [{ floor } = { floor: 0n }] = await db.sql<{ floor: bigint }[]>`SELECT floor FROM pool_cursor`;
  expect(Number(floor)).toBe(1);
});

test('docs/capacity.md names every table', async () => {
  const tables = await db.sql<{ name: string }[]>`
    SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
  `;
  const page = readFileSync('docs/capacity.md', 'utf8');
  const named = new Set([...page.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name));
  expect(tables.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
});
