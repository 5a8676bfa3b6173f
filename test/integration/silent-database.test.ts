import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { Database, type DatabaseSettings } from '../../lambdas/pool/database/database.ts';
import type { BreakerState } from '../../lambdas/tokenization/circuit-breaker.ts';
import { CardNumber } from '../../lambdas/tokenization/model/card-number.ts';
import { madeUpCard } from '../../scripts/local/made-up-cards.ts';
import { noFaults } from '../faults/harness/interceptor.ts';
import { startProcess } from '../faults/harness/process-under-test.ts';
import { createWorld } from '../faults/harness/world.ts';
import { startTcpProxy, type TcpProxy } from '../faults/trials/processes/tcp-proxy.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

/** The timeouts here are real, so no test says how soon something must have happened. */
const PATIENT: DatabaseSettings = { maxConnections: 3, queryTimeoutMs: 120_000, attempts: 3, prepare: true };
/** For statements that must time out. */
const IMPATIENT: DatabaseSettings = { ...PATIENT, queryTimeoutMs: 200 };
const UNAVAILABLE = { code: 'store-unavailable' };

let db: TestDatabase;
const open: Database[] = [];
/** Released after each test, so that a failed test leaves no locks to the next one. */
const holds: (() => void)[] = [];

function databaseOf(...parameters: ConstructorParameters<typeof Database>): Database {
  const database = new Database(...parameters);
  open.push(database);
  return database;
}

beforeAll(async () => {
  db = await createTestDatabase();
  await db.sql`CREATE TABLE note (id int PRIMARY KEY)`;
});

afterEach(async () => {
  for (const release of holds.splice(0)) release();
  await Promise.all(open.splice(0).map((database) => database.close()));
  await db.sql`DELETE FROM note`;
});

afterAll(() => db.drop());

const pidOf = (database: Database, deadlineMs = Number.POSITIVE_INFINITY) =>
  database.until(deadlineMs).run(async (sql) => (await sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`)[0]?.pid);
const insert = (database: Pick<Database, 'run'>, id: number) =>
  database.run(async (sql) => void (await sql`INSERT INTO note VALUES (${id}) ON CONFLICT DO NOTHING`));
const waiting = () => db.sql`
  SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO note%' AND datname = current_database()
`;

/**
 * Inserts row `id` without a commit, so that another insert of it waits until the returned function
 * is called.
 */
async function lockRow(id: number): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<void>();
  const isHeld = Promise.withResolvers<void>();
  const holding = db.sql.begin(async (transaction) => {
    await transaction`INSERT INTO note VALUES (${id})`;
    isHeld.resolve();
    await held.promise;
  });
  await isHeld.promise;
  holds.push(held.resolve);
  return async () => {
    held.resolve();
    await holding;
  };
}

/** The process ids of `count` sessions of the database, all open at once. */
async function sessionsOf(database: Database, count: number): Promise<(number | undefined)[]> {
  const all = Promise.withResolvers<void>();
  let opened = 0;
  return Promise.all(
    Array.from({ length: count }, () =>
      database.run(async (sql) => {
        const [session] = await sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
        opened += 1;
        if (opened === count) all.resolve();
        await all.promise;
        return session?.pid;
      }),
    ),
  );
}

test('a statement is neither sent nor retried after its deadline', async () => {
  let now = 1_000;
  const database = databaseOf(db.url, PATIENT, { clock: { monotonicMs: () => now, wallMs: () => now } });
  let executions = 0;
  const failing = async () => {
    executions += 1;
    // The rest of the time passes while the statement runs.
    now += 1_000;
    throw Object.assign(new Error('invented'), { code: 'ECONNRESET' });
  };
  await expect(database.until(now + 1_500).run(failing)).rejects.toMatchObject(UNAVAILABLE);
  expect(executions).toBe(2);
  await expect(database.until(now).run(failing)).rejects.toMatchObject(UNAVAILABLE);
  expect(executions).toBe(2);
});

test('a statement that times out is cancelled on the server, and other statements keep their connections', async () => {
  const slow = databaseOf(db.url, { ...PATIENT, queryTimeoutMs: 8_000 });
  const before = await sessionsOf(slow, 3);
  const release = await lockRow(1);
  const releaseOther = await lockRow(2);
  const other = databaseOf(db.url, PATIENT);
  const [ended, finished] = [insert(slow, 1), insert(other, 2)];
  await expect(ended).rejects.toMatchObject(UNAVAILABLE);
  // The lock is still held, so the statement left the server only because it was cancelled.
  await expect.poll(async () => (await waiting()).length).toBe(1);
  const after = await sessionsOf(slow, 3);
  expect(after.filter((pid) => before.includes(pid))).toHaveLength(2);
  await releaseOther();
  await finished;
  await release();
});

test('a statement that waits for a lock does not delay the statements of other connections', async () => {
  const database = databaseOf(db.url, PATIENT);
  const release = await lockRow(1);
  const blocked = insert(database, 1);
  await expect.poll(async () => (await waiting()).length).toBe(1);
  expect(await pidOf(database)).toEqual(expect.any(Number));
  await release();
  await blocked;
});

test('a statement is sent behind another one when all connections are in use, and its timeout does not cancel the other one', async () => {
  const database = databaseOf(db.url, { ...PATIENT, queryTimeoutMs: 60_000, maxConnections: 1 });
  const release = await lockRow(1);
  const slow = insert(database, 1);
  await expect.poll(async () => (await waiting()).length).toBe(1);
  const [session] = await waiting();
  const behind = pidOf(database);
  await expect(pidOf(database, performance.now() + 200)).rejects.toMatchObject(UNAVAILABLE);
  await release();
  await slow;
  expect(await behind).toBe(session?.['pid']);
  expect(await pidOf(database)).toBe(session?.['pid']);
});

test('a statement ends at its deadline, in the process and on the server', async () => {
  const database = databaseOf(db.url, PATIENT);
  const release = await lockRow(1);
  await expect(insert(database.until(performance.now() + 300), 1)).rejects.toMatchObject(UNAVAILABLE);
  await expect.poll(async () => (await waiting()).length).toBe(0);
  await release();
});

test('a statement that waits behind another one is given up at its deadline', async () => {
  const database = databaseOf(db.url, { ...PATIENT, maxConnections: 1 });
  const release = await lockRow(1);
  const blocked = insert(database, 1);
  await expect.poll(async () => (await waiting()).length).toBe(1);
  await expect(insert(database.until(performance.now() + 100), 2)).rejects.toMatchObject(UNAVAILABLE);
  await release();
  await blocked;
  // The statement that was given up has not disturbed the connection.
  await insert(database, 3);
});

test('statements that time out behind a lock do not open the breaker, however many there are', async () => {
  const states: BreakerState[] = [];
  const database = databaseOf(
    db.url,
    { ...PATIENT, queryTimeoutMs: 6_000, breaker: { failures: 2, openMs: 600_000 } },
    { onBreaker: (state) => states.push(state) },
  );
  const release = await lockRow(1);
  await Promise.all([1, 2, 3].map(() => expect(insert(database, 1)).rejects.toMatchObject(UNAVAILABLE)));
  expect(states).toEqual([]);
  await release();
  await insert(database, 4);
});

let silent: Server;
let silentUrl: string;
let accepted: number;

beforeEach(async () => {
  accepted = 0;
  silent = createServer(() => {
    accepted += 1;
  }).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  silentUrl = `postgres://user@127.0.0.1:${(silent.address() as { port: number }).port}/nothing`;
});

afterEach(() => {
  silent.close();
});

test('a server that does not answer opens the breaker, and gets no connection until one probe', async () => {
  let now = 1_000;
  const states: BreakerState[] = [];
  const database = databaseOf(
    silentUrl,
    { ...IMPATIENT, breaker: { failures: 2, openMs: 2_000 } },
    { clock: { monotonicMs: () => now, wallMs: () => now }, onBreaker: (state) => states.push(state) },
  );
  for (let request = 0; request < 2; request += 1) await expect(pidOf(database)).rejects.toMatchObject(UNAVAILABLE);
  expect(states).toEqual(['open']);
  await expect.poll(() => accepted).toBe(2);
  for (let request = 0; request < 20; request += 1) {
    await expect(pidOf(database)).rejects.toMatchObject({ ...UNAVAILABLE, retryAfterSeconds: 2 });
  }
  await expect.poll(() => accepted).toBe(2);
  now += 2_000;
  await Promise.all(Array.from({ length: 5 }, () => expect(pidOf(database)).rejects.toMatchObject(UNAVAILABLE)));
  // The probe continues after its request was answered.
  await expect.poll(() => states).toEqual(['open', 'half-open', 'open']);
  await expect.poll(() => accepted).toBe(3);
});

test('one request opens the breaker when the server has frozen, and the return of the server closes it', async () => {
  const url = new URL(db.url);
  const proxy: TcpProxy = await startTcpProxy(Number(url.port));
  url.port = String(proxy.port);
  let now = 1_000;
  const states: BreakerState[] = [];
  const database = databaseOf(
    url.href,
    { ...PATIENT, queryTimeoutMs: 8_000, breaker: { failures: 2, openMs: 2_000 } },
    { clock: { monotonicMs: () => now, wallMs: () => now }, onBreaker: (state) => states.push(state) },
  );
  await insert(database, 1);
  proxy.freeze(true);
  await expect(pidOf(database)).rejects.toMatchObject(UNAVAILABLE);
  expect(states).toEqual(['open']);
  proxy.freeze(false);
  await expect(pidOf(database)).rejects.toMatchObject(UNAVAILABLE);
  now += 2_000;
  // The probe may be slow: it continues after its request was answered.
  await expect.poll(() => pidOf(database).catch(() => null)).toEqual(expect.any(Number));
  expect(states).toEqual(['open', 'half-open', 'closed']);
  await proxy.close();
});

test('a refused connection does not open the breaker', async () => {
  const states: BreakerState[] = [];
  const database = databaseOf(
    'postgres://user@127.0.0.1:1/nothing',
    { ...PATIENT, breaker: { failures: 1, openMs: 600_000 } },
    { onBreaker: (state) => states.push(state) },
  );
  for (let request = 0; request < 5; request += 1) await expect(pidOf(database)).rejects.toMatchObject(UNAVAILABLE);
  expect(states).toEqual([]);
});

test('while the database is frozen, TOME answers reads, and creations get 503', async () => {
  const world = await createWorld(inject('postgresUrl'), 31);
  try {
    await world.reset();
    const card = CardNumber.parse(madeUpCard(1));
    const calm = startProcess(world, noFaults);
    await calm.prefetch(2);
    const { cardReference } = await calm.tokenizer.create(card, calm.context());
    const frozen = databaseOf(silentUrl, { ...IMPATIENT, breaker: { failures: 2, openMs: 600_000 } });
    const blind = startProcess({ ...world, database: frozen }, noFaults);
    for (let round = 0; round < 3; round += 1) {
      expect(await blind.tokenizer.lookup(card, blind.context())).toBe(cardReference);
      const shown = await blind.tokenizer.detokenize(cardReference, blind.context());
      expect(shown.reveal()).toBe(card.reveal());
      await expect(blind.tokenizer.create(card, blind.context())).rejects.toMatchObject(UNAVAILABLE);
    }
    await expect.poll(() => accepted).toBe(2);
  } finally {
    await world.close();
  }
});

test('a read leaves half of its time to TOME, however long the timeout of the database is', async () => {
  const world = await createWorld(inject('postgresUrl'), 32);
  try {
    await world.reset();
    const card = CardNumber.parse(madeUpCard(1));
    const calm = startProcess(world, noFaults);
    await calm.prefetch(2);
    const { cardReference } = await calm.tokenizer.create(card, calm.context());
    const blind = startProcess({ ...world, database: databaseOf(silentUrl, PATIENT) }, noFaults);
    const context = { ...blind.context(), deadlineMs: performance.now() + 16_000 };
    expect((await blind.tokenizer.detokenize(cardReference, context)).reveal()).toBe(card.reveal());
  } finally {
    await world.close();
  }
});
