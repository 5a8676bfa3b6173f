import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { settingGroups } from '../../../lambdas/runtime/setting-groups.ts';

/** The files that define settings and compare them with each other. */
const DEFINITIONS = ['runtime/setting-groups.ts', 'runtime/setting-conflicts.ts'];

test('deployed code reads every setting', () => {
  const code = readdirSync('lambdas', { encoding: 'utf8', recursive: true })
    .filter((file) => file.endsWith('.ts') && !DEFINITIONS.includes(file))
    .map((file) => readFileSync(`lambdas/${file}`, 'utf8'));
  const settings = Object.values(settingGroups).flatMap((group) => Object.keys(group));
  expect(settings.filter((setting) => !code.some((text) => text.includes(setting)))).toEqual([]);
});
