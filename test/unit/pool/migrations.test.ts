import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { functionNameOf } from '../../../lambdas/pool/install/install-functions.ts';
import { indexNameOf } from '../../../lambdas/pool/install/install-indexes.ts';

/**
 * Every database has the checksum of each file that it has applied, and its next migration fails
 * if that file was edited. Add the hash of a new file in the commit that adds the file.
 */
const PINNED_HASHES: Readonly<Record<string, string>> = {
  '001.do.pair-life.sql': 'ab33af5f42f842ed',
  '002.do.requests-and-refill.sql': '1e250ec4e31f521f',
  '003.do.caller-budgets.sql': 'ed39073132883460',
  '004.do.bounded-work.sql': 'f10a0f2cf0976812',
  '005.do.pair-form.sql': 'b5eea143ba1bf662',
};

const POOL = 'lambdas/pool';
const hashOf = (file: string): string =>
  createHash('sha256')
    .update(readFileSync(`${POOL}/migrations/${file}`))
    .digest('hex')
    .slice(0, 16);
const sqlFiles = (folder: string): readonly string[] =>
  readdirSync(`${POOL}/${folder}`, { encoding: 'utf8', recursive: true }).filter((file) => file.endsWith('.sql'));

test('every migration file is listed here with its hash, so no released one was edited, renamed or removed', () => {
  const files = sqlFiles('migrations').toSorted();
  expect(Object.fromEntries(files.map((file) => [file, hashOf(file)]))).toEqual(PINNED_HASHES);
});

test('no migration creates an index on a table of an earlier migration, which would block its writers', () => {
  const made = new Set<string>();
  for (const file of sqlFiles('migrations').toSorted()) {
    const text = readFileSync(`${POOL}/migrations/${file}`, 'utf8');
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
