import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { linkSharedLibraries } from '../../../scripts/local/shared-libraries.ts';
import { CannotStart } from '../../../scripts/program/cannot-start.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postgres-package-'));
  mkdirSync(join(folder, 'native/lib'), { recursive: true });
  writeFileSync(join(folder, 'native/lib/libpq.so.5.17'), 'library');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const list = (...links: readonly (readonly [source: string, target: string])[]): void =>
  writeFileSync(
    join(folder, 'native/pg-symlinks.json'),
    JSON.stringify(links.map(([source, target]) => ({ source, target }))),
  );

test('the listed links are created once, relative to their folder', () => {
  list(['native/lib/libpq.so.5.17', 'native/lib/libpq.so.5']);
  linkSharedLibraries(folder);
  linkSharedLibraries(folder);
  expect(readlinkSync(join(folder, 'native/lib/libpq.so.5'))).toBe('libpq.so.5.17');
  expect(readFileSync(join(folder, 'native/lib/libpq.so.5'), 'utf8')).toBe('library');
});

test('a package that lists no links needs none', () => {
  expect(() => linkSharedLibraries(folder)).not.toThrow();
});

test('a link that cannot be created is reported as CannotStart', () => {
  list(['native/lib/libpq.so.5.17', 'native/absent/libpq.so.5']);
  expect(() => linkSharedLibraries(folder)).toThrow(CannotStart);
});
