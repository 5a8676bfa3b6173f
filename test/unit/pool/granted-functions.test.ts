import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { ROLE_GRANTS } from '../../../lambdas/composition/migrate.ts';

const filesIn = (folder: string, extension: string): readonly string[] =>
  readdirSync(folder, { encoding: 'utf8', recursive: true }).filter((file) => file.endsWith(extension));

const sqlFunctions = filesIn('lambdas/pool/functions', '.sql').map((file) =>
  basename(file, '.sql').replaceAll('-', '_'),
);

test('every database function that TypeScript calls may be executed by the role of a function', () => {
  const code = filesIn('lambdas', '.ts').map((file) => readFileSync(`lambdas/${file}`, 'utf8'));
  // A function that only other database functions call needs no grant.
  const called = sqlFunctions.filter((name) =>
    code.some((text) => new RegExp(`\\b(FROM|JOIN|SELECT)\\s+${name}\\(`).test(text)),
  );
  expect(called.length).toBeGreaterThan(25);
  const granted = new Set(ROLE_GRANTS.flatMap(({ execute }) => execute));
  expect(called.filter((name) => !granted.has(name))).toEqual([]);
});

test('every granted database function has a file', () => {
  const granted = new Set(ROLE_GRANTS.flatMap(({ execute }) => execute));
  expect([...granted].filter((name) => !sqlFunctions.includes(name))).toEqual([]);
});
