import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ROLE_GRANTS } from '../../../lambdas/composition/migrate.ts';
import { functionNameOf } from '../../../lambdas/pool/install/install-functions.ts';

const filesIn = (folder: string, extension: string): readonly string[] =>
  readdirSync(folder, { encoding: 'utf8', recursive: true }).filter((file) => file.endsWith(extension));

const FOLDER = 'lambdas/pool/functions';
const sqlFiles = filesIn(FOLDER, '.sql');
const sqlFunctions = sqlFiles.map(functionNameOf);

test('every database function that TypeScript calls is granted to the database role of a function', () => {
  const code = filesIn('lambdas', '.ts').map((file) => readFileSync(`lambdas/${file}`, 'utf8'));
  // A function that only other database functions call needs no grant.
  const called = sqlFunctions.filter((name) =>
    code.some((text) => new RegExp(`\\b(FROM|JOIN|SELECT)\\s+${name}\\(`).test(text)),
  );
  expect(called.length).toBeGreaterThan(25);
  const granted = new Set(ROLE_GRANTS.flatMap(({ execute }) => execute));
  expect(called.filter((name) => !granted.has(name))).toEqual([]);
});

test('every database function that is granted to a role has a SQL file', () => {
  const granted = new Set(ROLE_GRANTS.flatMap(({ execute }) => execute));
  expect([...granted].filter((name) => !sqlFunctions.includes(name))).toEqual([]);
});

test('every database function with a SQL file is granted to a role or called by another function', () => {
  const granted = new Set(ROLE_GRANTS.flatMap(({ execute }) => execute));
  const statements = sqlFiles.map((file) => ({
    name: functionNameOf(file),
    text: readFileSync(`${FOLDER}/${file}`, 'utf8').replaceAll(/--.*$/gm, ''),
  }));
  const isCalled = (name: string): boolean =>
    statements.some((other) => other.name !== name && new RegExp(`\\b${name}\\(`).test(other.text));
  expect(sqlFunctions.filter((name) => !granted.has(name) && !isCalled(name))).toEqual([]);
});
