import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const named = [...readFileSync('docs/README.md', 'utf8').matchAll(/^- \[[^\]]+\]\(([^)]+)\): \S/gm)].map(
  ([, path = '']) => path,
);

test('the index of the documentation names every page and folder of docs once', () => {
  const pages = readdirSync('docs').filter((name) => name !== 'README.md');
  const isNamedOnce = (page: string): boolean => named.filter((path) => path.split('/')[0] === page).length === 1;
  expect(pages.filter((page) => !isNamedOnce(page))).toEqual([]);
});

test('every page that the index of the documentation names exists', () => {
  expect(named.filter((path) => !existsSync(join('docs', path)))).toEqual([]);
});
