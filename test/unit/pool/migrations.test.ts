import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { functionNameOf } from '../../../lambdas/pool/install/install-functions.ts';
import { indexNameOf } from '../../../lambdas/pool/install/install-indexes.ts';
import { REWORDED_MIGRATIONS } from '../../../lambdas/pool/install/reworded-migrations.ts';

/**
 * The hash of each file's statements, without comments and white space. A migration is executed
 * once in each database, so a changed statement would make old and new databases differ. Comments
 * may be reworded, with an entry in `lambdas/pool/install/reworded-migrations.ts`. Add the hash of
 * a new file in the commit that adds the file.
 */
const PINNED_HASHES: Readonly<Record<string, string>> = {
  '001.do.pair-life.sql': 'd624fb66529067ff',
  '002.do.requests-and-refill.sql': '8ede001286ca3192',
  '003.do.caller-budgets.sql': 'a52e7f91f7095357',
  '004.do.bounded-work.sql': '0db7e11af1e41355',
  '005.do.pair-form.sql': '65b93ee5f9a9768c',
  '006.do.pair-form-by-profile.sql': '64a0a623bc3e974e',
};

const POOL = 'lambdas/pool';
const textOf = (file: string): string => readFileSync(`${POOL}/migrations/${file}`, 'utf8');
/** Comments have lines of their own, so that no part of a string literal is taken for one. */
const statementsOf = (text: string): string => text.replaceAll(/^\s*--.*$/gm, '').replaceAll(/\s+/g, '');
const hashOf = (text: string): string => createHash('sha256').update(statementsOf(text)).digest('hex').slice(0, 16);
/** As Postgrator computes it. */
const md5Of = (text: string): string => createHash('md5').update(text.replaceAll(/\r\n?/g, '\n')).digest('hex');
const sqlFiles = (folder: string): readonly string[] =>
  readdirSync(`${POOL}/${folder}`, { encoding: 'utf8', recursive: true }).filter((file) => file.endsWith('.sql'));

test('every migration is listed here with the hash of its statements, so none was changed, renamed or removed', () => {
  const files = sqlFiles('migrations').toSorted();
  expect(Object.fromEntries(files.map((file) => [file, hashOf(textOf(file))]))).toEqual(PINNED_HASHES);
});

test('the hash of a migration changes with its statements and not with its comments', () => {
  const text = textOf('001.do.pair-life.sql');
  expect(hashOf(`-- A comment.\n${text}  -- Another one.\n`)).toBe(hashOf(text));
  expect(hashOf(text.replace('fillfactor = 70', 'fillfactor = 71'))).not.toBe(hashOf(text));
  expect(hashOf(`${text}SELECT 1;`)).not.toBe(hashOf(text));
});

test('each reworded migration is listed with the checksum of its present text', () => {
  const files = sqlFiles('migrations');
  for (const { version, recorded, present } of REWORDED_MIGRATIONS) {
    const file = files.find((name) => Number.parseInt(name, 10) === version) ?? '';
    expect([file, present]).toEqual([file, md5Of(textOf(file))]);
    expect(recorded).not.toBe(present);
  }
});

test('no migration creates an index on a table of an earlier migration, which would block its writers', () => {
  const made = new Set<string>();
  for (const file of sqlFiles('migrations').toSorted()) {
    const text = textOf(file);
    const tables = [...text.matchAll(/CREATE TABLE (\w+)/g)].map(([, name]) => name ?? '');
    const indexed = [...text.matchAll(/CREATE (?:UNIQUE )?INDEX \w+ ON (\w+)/g)].map(([, name]) => name ?? '');
    expect([file, indexed.filter((table) => made.has(table) && !tables.includes(table))]).toEqual([
      file,
      ALLOWED_INDEXES[file] ?? [],
    ]);
    for (const table of tables) made.add(table);
  }
});

/** These indexes were built when no release was in use and no table had rows. */
const ALLOWED_INDEXES: Readonly<Record<string, readonly string[]>> = {
  '004.do.bounded-work.sql': [
    'outbox_event',
    'reservation',
    'available_pair',
    'staged_pair',
    'staged_pair',
    'idempotency_key',
    'unpaired_token',
    'unpaired_token',
    'prefetch_call',
    'prefetch_call',
  ],
};

test('each file of lambdas/pool/functions creates or replaces one function, named like the file', () => {
  for (const file of sqlFiles('functions')) {
    const text = readFileSync(`${POOL}/functions/${file}`, 'utf8');
    const created = [...text.matchAll(/^CREATE (?:OR REPLACE )?FUNCTION (\w+)/gm)].map(([, name]) => name);
    expect([file, created]).toEqual([file, [functionNameOf(file)]]);
    expect([file, /^CREATE FUNCTION/m.test(text)]).toEqual([file, false]);
  }
});

test.each([
  ['CREATE INDEX CONCURRENTLY IF NOT EXISTS pair_by_reason ON pair (reason);', 'pair_by_reason'],
  ['-- Why.\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a ON pair (b)\nWHERE c\n', 'a'],
])('the installer reads the name of an index from the only statement of its file (%#)', (text, name) => {
  expect(indexNameOf(text, 'a.sql')).toBe(name);
});

test.each([
  'CREATE INDEX a ON pair (b);',
  'CREATE INDEX CONCURRENTLY a ON pair (b);',
  'CREATE INDEX CONCURRENTLY IF NOT EXISTS a ON pair (b); DROP TABLE pair;',
  '',
])('the installer refuses an index file that locks the table, fails when repeated or does more: %j', (text) => {
  expect(() => indexNameOf(text, 'a.sql')).toThrow('indexes/a.sql must hold one statement');
});
