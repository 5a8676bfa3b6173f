import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';

// git also lists files that are deleted and not committed yet, and links to folders.
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => file !== '' && statSync(file, { throwIfNoEntry: false })?.isFile() === true);
const texts = files.filter((file) => !/\.(png|jpg|ico|svg|woff2|gz)$/.test(file));
const read = (file: string): string => readFileSync(file, 'utf8');
const isThisFile = (file: string): boolean => file === 'test/unit/project/house-style.test.ts';

const offenders = (candidates: readonly string[], isBad: (text: string, file: string) => boolean): readonly string[] =>
  candidates.filter((file) => !isThisFile(file) && isBad(read(file), file));

test('no file or folder is named utils, helpers, common, managers, misc, types or index.ts', () => {
  const category = /(^|[/-])(utils?|helpers?|common|managers?|misc|types)(\.|\/|$)/;
  expect(files.filter((file) => category.test(file) || /(^|\/)index\.ts$/.test(file))).toEqual([]);
});

test('files and folders are named in kebab-case', () => {
  const kebab = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
  const ours = files.filter((file) => /^(bin|lib|lambdas|scripts|test|docs)\//.test(file));
  const isKebabCase = (part: string): boolean => kebab.test(part) || part === 'README.md';
  expect(ours.filter((file) => !file.split('/').every(isKebabCase))).toEqual([]);
});

test('no file contains TODO, FIXME or XXX', () => {
  expect(offenders(texts, (text) => /\b(TODO|FIXME|XXX)\b/.test(text))).toEqual([]);
});

test('source files have at most 250 lines', () => {
  const sources = texts.filter((file) => /^(bin|lib|lambdas|scripts|test\/(faults|fuzz|busy))\/.*\.ts$/.test(file));
  expect(offenders(sources, (text) => text.split('\n').length > 250)).toEqual([]);
});

test('files of deployed code have at most 200 lines, and the median has 25 to 80 lines', () => {
  const deployed = texts.filter((file) => file.startsWith('lambdas/') && file.endsWith('.ts'));
  const linesIn = (text: string): number => text.split('\n').length - 1;
  expect(offenders(deployed, (text) => linesIn(text) > 200)).toEqual([]);
  const lengths = deployed.map((file) => linesIn(read(file))).sort((a, b) => a - b);
  const median = lengths[Math.floor(lengths.length / 2)];
  expect(median).toBeGreaterThanOrEqual(25);
  expect(median).toBeLessThanOrEqual(80);
});

test('deployed code reads its environment in the runtime only, and never uses console', () => {
  const deployed = texts.filter((file) => file.startsWith('lambdas/') && file.endsWith('.ts'));
  expect(deployed.length).toBeGreaterThan(50);
  const environment = /\bprocess(\.env\b|\[)|= process\b|'(node:)?process'/;
  expect(offenders(deployed, (text, file) => environment.test(text) && !file.startsWith('lambdas/runtime/'))).toEqual(
    [],
  );
  expect(offenders(deployed, (text) => /\bconsole\./.test(text))).toEqual([]);
});

test('no file contains a registry, or a path that exists on one machine only', () => {
  const local = /(\/work\/|\/root\/|\/home\/[a-z]|registry\.(npmjs|yarnpkg)|^(@[\w-]+:)?registry\s*=|"resolved":)/m;
  expect(offenders([...texts], (text) => local.test(text))).toEqual([]);
});

// test/unit/pool/migrations.test.ts pins the statements of each migration by their hash.
test('migrations are numbered from 001 without a gap', () => {
  // Sorted, because git lists a file that is not added yet before all others.
  const numbers = files
    .flatMap((file) => /^lambdas\/pool\/migrations\/(\d{3})\.do\.[a-z-]+\.sql$/.exec(file)?.[1] ?? [])
    .sort();
  expect(numbers).toEqual(numbers.map((_, index) => String(index + 1).padStart(3, '0')));
});
