import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readSettings, settingGroups } from '../../../lambdas/runtime/settings.ts';
import { API_FILE, apiDocument, CONTRACT_FILE, contractDocument } from '../../../scripts/checks/contract/documents.ts';

test.each([
  [CONTRACT_FILE, contractDocument],
  [API_FILE, apiDocument],
])('%s is what the schemas say; `npm run contract` writes it', (file, document) => {
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(document())));
});

test('the README names every setting with its default, and no setting that is not there', () => {
  const readme = readFileSync('README.md', 'utf8');
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` +\| ([^|]+?) +\|/gm)].map(
    ([, name, value]) => [name, value] as const,
  );
  const groups = Object.keys(settingGroups) as (keyof typeof settingGroups)[];
  const required = {
    DATABASE_URL: 'postgres://somewhere',
    TOME_URL: 'http://somewhere',
    EVENT_QUEUE_URL: 'http://somewhere',
    IDEMPOTENCY_HMAC_SECRET: 'x'.repeat(32),
  };
  const defaults = readSettings(groups, required) as Record<string, string | number | boolean>;
  const names = groups.flatMap((group) => Object.keys(settingGroups[group]));
  expect(new Set(rows.map(([name]) => name))).toEqual(new Set([...names, 'DATA_DIR', 'PORT', 'TOME_PORT']));
  for (const [name, value] of rows) {
    if (name === undefined || name in required || !names.includes(name)) continue;
    expect(`${name} ${value}`).toBe(`${name} ${defaults[name] ?? 'none'}`);
  }
});
