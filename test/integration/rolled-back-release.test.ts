import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROLE_GRANTS } from '../../lambdas/composition/migrate.ts';
import { migrate } from '../../lambdas/pool/migrate.ts';
import { copyRelease, type ReleaseCopy } from './release-copy.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let pool: TestDatabase;
let release: ReleaseCopy;

beforeEach(async () => {
  pool = await createTestDatabase();
  release = await copyRelease();
});

afterEach(async () => {
  await release.discard();
  await pool.drop();
});

const textOf = async (name: string): Promise<string> => {
  const [found] = await pool.sql<{ source: string }[]>`SELECT prosrc AS source FROM pg_proc WHERE proname = ${name}`;
  return found?.source ?? '';
};

const hasColumn = async (name: string): Promise<boolean> =>
  (await pool.sql`SELECT FROM information_schema.columns WHERE table_name = 'pair' AND column_name = ${name}`).length >
  0;

/** A later release: one more migration, and another body of one function. */
async function writeLaterRelease(): Promise<void> {
  await release.write('migrations/900.do.later.sql', 'ALTER TABLE pair ADD COLUMN later text;\n');
  await release.write(
    'functions/refill/request-refill.sql',
    "CREATE OR REPLACE FUNCTION request_refill() RETURNS void LANGUAGE sql AS $$ SELECT 'later'::text WHERE false $$;\n",
  );
}

test('the migration of the older release leaves newer tables unchanged and installs its own functions', async () => {
  const before = await textOf('request_refill');
  await writeLaterRelease();
  expect(await migrate(pool.url, { directory: release.directory, grants: ROLE_GRANTS })).toMatchObject({
    applied: ['900.do.later.sql'],
    version: 900,
    functionsInstalled: true,
  });
  expect(await textOf('request_refill')).toContain('later');

  expect(await migrate(pool.url, { grants: ROLE_GRANTS })).toMatchObject({ applied: [], version: 900 });
  expect(await textOf('request_refill')).toBe(before);
  expect(await hasColumn('later')).toBe(true);
});

test('a migration that fails leaves tables, functions and rights as they were', async () => {
  const before = await textOf('request_refill');
  await writeLaterRelease();
  await release.write('functions/zz-broken.sql', 'CREATE FUNCTION broken( RETURNS void;\n');
  await expect(migrate(pool.url, { directory: release.directory, grants: [] })).rejects.toThrow('syntax error');
  expect(await textOf('request_refill')).toBe(before);
  expect(await hasColumn('later')).toBe(false);
  expect(await migrate(pool.url, { grants: ROLE_GRANTS })).toMatchObject({ applied: [], functionsInstalled: false });
});
