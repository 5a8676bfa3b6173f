import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROLE_GRANTS } from '../../lambdas/composition/migrate.ts';
import { REWORDED_MIGRATIONS } from '../../lambdas/pool/install/reworded-migrations.ts';
import { migrate } from '../../lambdas/pool/migrate.ts';
import { copyRelease } from './release-copy.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let pool: TestDatabase;

beforeEach(async () => {
  pool = await createTestDatabase();
  await migrate(pool.url, { grants: ROLE_GRANTS });
});

afterEach(() => pool.drop());

const recorded = (): Promise<readonly { version: number; md5: string | null }[]> =>
  pool.sql<{ version: number; md5: string | null }[]>`
    SELECT version::int AS version, md5 FROM schema_version ORDER BY version
  `;

const record = async (version: number, md5: string): Promise<void> => {
  await pool.sql`UPDATE schema_version SET md5 = ${md5} WHERE version = ${version}`;
};

test('a new database records the checksums of the original texts, so that an older release accepts it', async () => {
  const checksums = new Map((await recorded()).map(({ version, md5 }) => [version, md5]));
  for (const { version, recorded: original } of REWORDED_MIGRATIONS) expect(checksums.get(version)).toBe(original);
});

test('a database migrates again with the checksums of the original or of the present texts', async () => {
  const before = await recorded();
  expect(await migrate(pool.url, { grants: ROLE_GRANTS })).toMatchObject({ applied: [] });
  expect(await recorded()).toEqual(before);
  for (const { version, present } of REWORDED_MIGRATIONS) await record(version, present);
  expect(await migrate(pool.url, { grants: ROLE_GRANTS })).toMatchObject({ applied: [] });
  expect(await recorded()).toEqual(before);
});

test('a database with any other checksum is refused, and keeps all its checksums', async () => {
  const [first, second] = REWORDED_MIGRATIONS;
  if (first === undefined || second === undefined) throw new Error('Two reworded migrations are expected.');
  // The second one is the checksum of another file.
  for (const other of ['0'.repeat(32), first.recorded]) {
    await record(second.version, other);
    const before = await recorded();
    await expect(migrate(pool.url, { grants: ROLE_GRANTS })).rejects.toThrow(
      `MD5 checksum failed for migration [${second.version}]`,
    );
    expect(await recorded()).toEqual(before);
  }
});

test('a migration file with a text that is not listed is refused on a database with the recorded checksum', async () => {
  const release = await copyRelease();
  await release.write('migrations/001.do.pair-life.sql', 'SELECT 1;\n');
  await expect(migrate(pool.url, { directory: release.directory, grants: ROLE_GRANTS })).rejects.toThrow(
    'MD5 checksum failed for migration [1]',
  );
  await release.discard();
});
