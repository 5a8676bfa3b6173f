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

/** Opens the database again, with another timeout of statements. */
async function reopen(queryTimeoutMs: number): Promise<void> {
  await database.close();
  database = open(queryTimeoutMs);
}

const one = () => database.run(async (sql) => (await sql<{ one: number }[]>`SELECT 1 AS one`)[0]?.one);

test('a statement succeeds on a second connection when the first one is reset while it opens', async () => {
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

test('a statement whose answer is cut off is executed again, and its caller gets the result', async () => {
  await one();
  const before = proxy.cutAnswers;
  proxy.breakNext('cut-answer', (chunk) => chunk.length > 20);
  expect(await one()).toBe(1);
  expect(proxy.cutAnswers).toBe(before + 1);
});

test('a statement on a connection that was dropped without notice is executed again on a fresh one', async () => {
  await reopen(8_000);
  await one();
  proxy.breakNext('silence', () => true);
  expect(await one()).toBe(1);
});

test('a statement waits for one silent connection only, when all were dropped without notice', async () => {
  await reopen(8_000);
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
  // As many connections are silent as a statement has executions.
  expect(await one()).toBe(1);
});

test('the first statement after a freeze uses a new connection, if either clock says that the old one was idle too long', async () => {
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
  // The monotonic clock stopped while the process was frozen.
  clock.wall += 60_001;
  const second = await session();
  expect(second).not.toBe(first);
  // The wall clock was set back meanwhile.
  clock.monotonic += 60_001;
  clock.wall -= 86_400_000;
  expect(await session()).not.toBe(second);
  await frozen.close();
});

test('a statement after the server closed the idle connection runs on a new one', async () => {
  const [before] = await database.run((sql) => sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`);
  await db.sql`SELECT pg_terminate_backend(${before?.pid ?? 0})`;
  await expect.poll(() => db.sql`SELECT FROM pg_stat_activity WHERE pid = ${before?.pid ?? 0}`).toHaveLength(0);
  expect(await one()).toBe(1);
});
