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

test('a database that recorded former checksums migrates, and then has those of a new database', async () => {
  const fresh = await recorded();
  for (const { version, former } of REWORDED_MIGRATIONS) {
    for (const md5 of former) {
      await record(version, md5);
      expect(await recorded()).not.toEqual(fresh);
      expect(await migrate(pool.url, { grants: ROLE_GRANTS })).toMatchObject({ applied: [] });
      expect(await recorded()).toEqual(fresh);
    }
  }
  for (const { version, former } of REWORDED_MIGRATIONS) await record(version, former[0] ?? '');
  await migrate(pool.url, { grants: ROLE_GRANTS });
  expect(await recorded()).toEqual(fresh);
});

test('a database with any other checksum is refused, and keeps all its checksums', async () => {
  const [first, second] = REWORDED_MIGRATIONS;
  if (first === undefined || second === undefined) throw new Error('Two reworded migrations are expected.');
  await record(first.version, first.former[0] ?? '');
  // The former checksum of another file is no former checksum of this one.
  for (const other of ['0'.repeat(32), first.former[0] ?? '']) {
    await record(second.version, other);
    const before = await recorded();
    await expect(migrate(pool.url, { grants: ROLE_GRANTS })).rejects.toThrow(
      `MD5 checksum failed for migration [${second.version}]`,
    );
    expect(await recorded()).toEqual(before);
  }
});

test('a migration file with a text that is not listed is refused on a database with the former checksum', async () => {
  const [first] = REWORDED_MIGRATIONS;
  const release = await copyRelease();
  await release.write('migrations/001.do.pair-life.sql', 'SELECT 1;\n');
  await record(1, first?.former[0] ?? '');
  await expect(migrate(pool.url, { directory: release.directory, grants: ROLE_GRANTS })).rejects.toThrow(
    'MD5 checksum failed for migration [1]',
  );
  await release.discard();
});
