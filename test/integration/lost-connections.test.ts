import { afterEach, beforeEach, expect, test } from 'vitest';
import { Database } from '../../lambdas/pool/database.ts';
import { startTcpProxy, type TcpProxy } from '../../scripts/faults/processes/tcp-proxy.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let db: TestDatabase;
let proxy: TcpProxy;
let database: Database;

beforeEach(async () => {
  db = await createTestDatabase();
  const url = new URL(db.url);
  proxy = await startTcpProxy(Number(url.port));
  url.port = String(proxy.port);
  database = new Database(url.href, { maxConnections: 2, queryTimeoutMs: 500, attempts: 3, prepare: true });
});

afterEach(async () => {
  await database.close();
  await proxy.close();
  await db.drop();
});

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

test('a server that swallows everything is given up in time, and the next client is a new one', async () => {
  await one();
  proxy.breakNext('black-hole', () => true);
  await expect(one()).rejects.toMatchObject({ code: 'store-unavailable' });
  expect(await one()).toBe(1);
});
