import postgres from 'postgres';
import { afterEach, expect, test } from 'vitest';
import { cleanUp, eventually, newFolder, start, urlIn } from './started-stack.ts';
import { createTestDatabase } from './test-database.ts';

afterEach(cleanUp);

test('when a statement of the first prefetch times out, npm start serves requests and fills the pool later', async () => {
  const db = await createTestDatabase();
  const blocker = postgres(db.url, { max: 1 });
  const { promise: isLocked, resolve: locked } = Promise.withResolvers<void>();
  const { promise: mayUnlock, resolve: unlock } = Promise.withResolvers<void>();
  const blocking = blocker.begin(async (sql) => {
    // A prefetch needs this table first. No request uses it.
    await sql`LOCK TABLE job_lease IN ACCESS EXCLUSIVE MODE`;
    locked();
    await mayUnlock;
  });
  await isLocked;
  const stack = start({ DATABASE_URL: db.url, DATA_DIR: newFolder(), DATABASE_QUERY_TIMEOUT_MS: '3000' });
  const output = await stack.until('Ctrl-C stops everything.');
  expect(output).toContain('the first prefetch stopped early');
  expect(output).not.toMatch(/\n\s+at /);
  const url = urlIn(output);
  const available = async (): Promise<number> => {
    const response = await fetch(`${url}/v1/pool`);
    return response.ok ? ((await response.json()) as { available: number }).available : 0;
  };
  expect(await available()).toBe(0);
  unlock();
  await blocking;
  await eventually(async () => (await available()) === 30);
  stack.child.kill('SIGINT');
  expect((await stack.ended).code).toBe(0);
  await blocker.end();
  await db.drop();
});
