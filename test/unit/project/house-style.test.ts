import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';

// A file deleted but not yet committed is still listed, and so is a link to a folder.
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

test('no name says how a thing is filed instead of what it is', () => {
  const bucket = /(^|[/-])(utils?|helpers?|common|managers?|misc|types)(\.|\/|$)/;
  expect(files.filter((file) => bucket.test(file) || /(^|\/)index\.ts$/.test(file))).toEqual([]);
});

test('files and folders are named in kebab-case', () => {
  const kebab = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;
  const ours = files.filter((file) => /^(bin|lib|lambdas|scripts|test|docs)\//.test(file));
  const isNamedWell = (part: string): boolean => kebab.test(part) || part === 'README.md';
  expect(ours.filter((file) => !file.split('/').every(isNamedWell))).toEqual([]);
});

test('nothing is left for later', () => {
  expect(offenders(texts, (text) => /\b(TODO|FIXME|XXX)\b/.test(text))).toEqual([]);
});

test('source files stay short enough to have one reason to change', () => {
  const sources = texts.filter((file) => /^(bin|lib|lambdas|scripts|test\/(faults|fuzz|busy))\/.*\.ts$/.test(file));
  expect(offenders(sources, (text) => text.split('\n').length > 250)).toEqual([]);
});

test('only the runtime reads the environment of deployed code, and deployed code prints nothing by itself', () => {
  const deployed = texts.filter((file) => file.startsWith('lambdas/') && file.endsWith('.ts'));
  expect(deployed.length).toBeGreaterThan(50);
  const environment = /\bprocess(\.env\b|\[)|= process\b|'(node:)?process'/;
  expect(offenders(deployed, (text, file) => environment.test(text) && !file.startsWith('lambdas/runtime/'))).toEqual(
    [],
  );
  expect(offenders(deployed, (text) => /\bconsole\./.test(text))).toEqual([]);
});

test('no file names a machine, a registry or a path of somebody', () => {
  const trace = /(\/work\/|\/root\/|\/home\/[a-z]|registry\.(npmjs|yarnpkg)|^(@[\w-]+:)?registry\s*=|"resolved":)/m;
  expect(offenders([...texts], (text) => trace.test(text))).toEqual([]);
});

test('every migration is numbered in a row and none is edited away', () => {
  // Sorted, because git lists a file that is not added yet before all others.
  const numbers = files
    .flatMap((file) => /^lambdas\/pool\/migrations\/(\d{3})\.do\.[a-z-]+\.sql$/.exec(file)?.[1] ?? [])
    .sort();
  expect(numbers).toEqual(numbers.map((_, index) => String(index + 1).padStart(3, '0')));
});
