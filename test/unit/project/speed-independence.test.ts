import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const files = globSync('test/{unit,integration,infrastructure}/**/*.ts').filter(
  (file) => !file.endsWith('speed-independence.test.ts'),
);

const offenders = (pattern: RegExp): readonly string[] =>
  files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(pattern)].map(([found]) => `${file}: ${found.trim()}`),
  );

test('no test sets its own timeout, because the limits of vitest.config.ts fit a slow machine', () => {
  expect(files.length).toBeGreaterThan(100);
  expect(offenders(/^\s*\}, [\d_]+\);$/gm)).toEqual([]);
  expect(offenders(/^\s*\},\n\s*[\d_]+,\n\s*\);$/gm)).toEqual([]);
});

test('no test limits the elapsed time of the machine', () => {
  const elapsed = /expect\([^;\n]*(performance\.now|Date\.now|systemClock\.monotonicMs)\(\)[^;\n]*\)\s*\.toBeLessThan/g;
  expect(offenders(elapsed)).toEqual([]);
});

test('every wait for a condition has a limit of at least one minute', () => {
  const isShort = (found: string): boolean =>
    Number(/timeout: ([\d_]+)/.exec(found)?.[1]?.replaceAll('_', '')) < 60_000;
  const waits = offenders(/(waitFor|waitUntil|expect\.poll)\([^;]*?timeout: [\d_]+/g);
  expect(waits.length).toBeGreaterThan(0);
  expect(waits.filter(isShort)).toEqual([]);
  // The default of vi.waitFor and vi.waitUntil is one second.
  const withoutLimit = /vi\.(waitFor|waitUntil)\((?:(?!\n\n)[^;])*?\);/g;
  expect(offenders(withoutLimit).filter((found) => !/timeout: /.test(found))).toEqual([]);
});
