import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROLE_GRANTS } from '../../lambdas/composition/migrate.ts';
import { migrate } from '../../lambdas/pool/migrate.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let pool: TestDatabase;
let release: string;

beforeEach(async () => {
  pool = await createTestDatabase();
  release = await mkdtemp(join(tmpdir(), 'release-'));
  for (const folder of ['migrations', 'functions']) {
    await cp(join('lambdas/pool', folder), join(release, folder), { recursive: true });
  }
});

afterEach(async () => {
  await rm(release, { recursive: true, force: true });
  await pool.drop();
});

const textOf = async (name: string): Promise<string> => {
  const [found] = await pool.sql<{ source: string }[]>`SELECT prosrc AS source FROM pg_proc WHERE proname = ${name}`;
  return found?.source ?? '';
};

/** A later release: one more migration, and a function that does something else. */
async function writeLaterRelease(): Promise<void> {
  await writeFile(join(release, 'migrations/900.do.later.sql'), 'ALTER TABLE pair ADD COLUMN later text;\n');
  await writeFile(
    join(release, 'functions/request-refill.sql'),
    "CREATE OR REPLACE FUNCTION request_refill() RETURNS void LANGUAGE sql AS $$ SELECT 'later'::text WHERE false $$;\n",
  );
}

test('the older release’s migration over a newer schema changes no table and puts its own functions back', async () => {
  const before = await textOf('request_refill');
  await writeLaterRelease();
  expect(await migrate(pool.url, { directory: release, grants: ROLE_GRANTS })).toMatchObject({
    applied: ['900.do.later.sql'],
    version: 900,
  });
  expect(await textOf('request_refill')).toContain('later');

  expect(await migrate(pool.url, { grants: ROLE_GRANTS })).toMatchObject({ applied: [], version: 900 });
  expect(await textOf('request_refill')).toBe(before);
  const columns =
    await pool.sql`SELECT 1 FROM information_schema.columns WHERE table_name = 'pair' AND column_name = 'later'`;
  expect(columns).toHaveLength(1);
});

test('a migration that fails leaves tables, functions and rights as they were', async () => {
  const before = await textOf('request_refill');
  await writeLaterRelease();
  await writeFile(join(release, 'functions/zz-broken.sql'), 'CREATE FUNCTION broken( RETURNS void;\n');
  await expect(migrate(pool.url, { directory: release, grants: [] })).rejects.toThrow('syntax error');
  expect(await textOf('request_refill')).toBe(before);
  const columns =
    await pool.sql`SELECT 1 FROM information_schema.columns WHERE table_name = 'pair' AND column_name = 'later'`;
  expect(columns).toHaveLength(0);
  expect(await migrate(pool.url, { grants: ROLE_GRANTS })).toMatchObject({ applied: [], functionsInstalled: false });
});
