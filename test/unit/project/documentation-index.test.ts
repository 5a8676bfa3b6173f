import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('the index of the documentation names every page and folder of docs once', () => {
  const text = readFileSync('docs/README.md', 'utf8');
  const named = [...text.matchAll(/^- \[[^\]]+\]\(([^)]+)\): \S/gm)].map(([, path = '']) => path);
  const pages = readdirSync('docs').filter((name) => name !== 'README.md');
  const isNamed = (page: string): boolean => named.filter((path) => path.split('/')[0] === page).length === 1;
  expect(pages.filter((page) => !isNamed(page))).toEqual([]);
});
