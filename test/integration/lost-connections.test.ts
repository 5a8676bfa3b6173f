import { afterEach, beforeEach, expect, test } from 'vitest';
import { Database } from '../../lambdas/pool/database/database.ts';
import { startTcpProxy, type TcpProxy } from '../faults/trials/processes/tcp-proxy.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

const CONNECTIONS = 3;

let db: TestDatabase;
let proxy: TcpProxy;
let database: Database;
let proxied: string;

beforeEach(async () => {
  db = await createTestDatabase();
  const url = new URL(db.url);
  proxy = await startTcpProxy(Number(url.port));
  url.port = String(proxy.port);
  proxied = url.href;
  database = open(120_000);
});

afterEach(async () => {
  await database.close();
  await proxy.close();
  await db.drop();
});

const open = (queryTimeoutMs: number): Database =>
  new Database(proxied, { maxConnections: CONNECTIONS, queryTimeoutMs, attempts: 3, prepare: true });

/** Takes the place of the database, with statements that end so soon. */
async function hurry(queryTimeoutMs: number): Promise<void> {
  await database.close();
  database = open(queryTimeoutMs);
}

const one = () => database.run(async (sql) => (await sql<{ one: number }[]>`SELECT 1 AS one`)[0]?.one);

test('a connection that is reset while it is being made costs a second attempt and kills nobody', async () => {
  for (let reset = 0; reset < 20; reset += 1) {
    await database.close();
    let messages = 0;
    proxy.breakNext('reset', () => {
      messages += 1;
      return messages > reset % 5;
    });
    for (let query = 0; query < 3; query += 1) expect(await one()).toBe(1);
  }
});

test('a statement whose answer is cut is executed again, and its caller never knows', async () => {
  await one();
  const before = proxy.cutAnswers;
  proxy.breakNext('cut-answer', (chunk) => chunk.length > 20);
  expect(await one()).toBe(1);
  expect(proxy.cutAnswers).toBe(before + 1);
});

test('a statement on a connection that was dropped without a word is executed on a fresh one', async () => {
  await hurry(8_000);
  await one();
  proxy.breakNext('silence', () => true);
  expect(await one()).toBe(1);
});

test('when all connections were dropped without a word, only one of them is waited for', async () => {
  await hurry(8_000);
  const together = Promise.withResolvers<void>();
  let opened = 0;
  const hold = () =>
    database.run(async (sql) => {
      await sql`SELECT 1`;
      opened += 1;
      if (opened === CONNECTIONS) together.resolve();
      await together.promise;
    });
  await Promise.all(Array.from({ length: CONNECTIONS }, hold));
  proxy.silence();
  // There are as many silent connections as a statement has executions.
  expect(await one()).toBe(1);
});

test('the first statement after a freeze does not use a connection that was idle for too long, by either clock', async () => {
  const clock = { monotonic: 1_000, wall: 5_000 };
  const frozen = new Database(
    db.url,
    { maxConnections: 1, queryTimeoutMs: 120_000, attempts: 3, prepare: true, maxIdleMs: 60_000 },
    { clock: { monotonicMs: () => clock.monotonic, wallMs: () => clock.wall } },
  );
  const session = () =>
    frozen.run(async (sql) => (await sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`)[0]?.pid);
  const first = await session();
  clock.monotonic += 60_000;
  clock.wall += 60_000;
  expect(await session()).toBe(first);
  // The process's own clock stood still while it was frozen.
  clock.wall += 60_001;
  const second = await session();
  expect(second).not.toBe(first);
  // The date was set back meanwhile.
  clock.monotonic += 60_001;
  clock.wall -= 86_400_000;
  expect(await session()).not.toBe(second);
  await frozen.close();
});

test('a connection that the server closed while it was idle is not used, nor opened unseen', async () => {
  const [before] = await database.run((sql) => sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`);
  await db.sql`SELECT pg_terminate_backend(${before?.pid ?? 0})`;
  await expect.poll(() => db.sql`SELECT FROM pg_stat_activity WHERE pid = ${before?.pid ?? 0}`).toHaveLength(0);
  expect(await one()).toBe(1);
});
