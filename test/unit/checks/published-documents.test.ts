import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as z from 'zod/mini';
import { gatewayResponsesIn } from '../../../lambdas/api/gateway-responses.ts';
import { routesIn } from '../../../lambdas/api/routes.ts';
import { type GroupName, settingGroups } from '../../../lambdas/runtime/setting-groups.ts';
import { readSettings } from '../../../lambdas/runtime/settings.ts';
import { VOCABULARIES } from '../../../lambdas/vocabulary.ts';
import { describeApi, problemsOf } from '../../../scripts/checks/contract/api-document.ts';
import { CONTRACT_FILE, contractDocument } from '../../../scripts/checks/contract/documents.ts';
import { PAGE_TABLES, withTable } from '../../../scripts/checks/contract/page-tables.ts';

test.each([
  [CONTRACT_FILE, contractDocument],
  [VOCABULARIES.card.apiFile, () => describeApi(VOCABULARIES.card)],
  [VOCABULARIES.account.apiFile, () => describeApi(VOCABULARIES.account)],
])('%s is what the schemas say; `npm run contract` writes it', (file, document) => {
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(document())));
});

interface SettingRow {
  readonly name: string;
  readonly fallback: string;
  readonly bounds: string;
  readonly meaning: string;
}

const rows: readonly SettingRow[] = readFileSync('docs/configuration.md', 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [name, fallback = '', , bounds = '', meaning = ''] = line
      .split(' | ')
      .map((cell) => cell.replace(/ \|$/, ''));
    const setting = /^\| `([A-Z_]+)`$/.exec(name ?? '')?.[1];
    return setting === undefined ? [] : [{ name: setting, fallback, bounds, meaning }];
  });

/** Variables of `npm start` that no function reads. */
const LOCAL = ['DATA_DIR', 'PORT', 'TOME_PORT'];

const schemas: Readonly<Record<string, z.core.$ZodType>> = Object.assign({}, ...Object.values(settingGroups));

test('the configuration page has one row for every setting, and no row for anything else', () => {
  const names = [...Object.keys(schemas), ...LOCAL];
  expect(rows.map(({ name }) => name).sort()).toEqual(names.sort());
  for (const { name, meaning } of rows) expect(`${name}: ${meaning}`).toMatch(/^[A-Z_]+: [A-Z`].+\.$/);
});

test('the configuration page shows the default of each setting', () => {
  const required = {
    DATABASE_URL: 'postgres://somewhere',
    TOME_URL: 'http://somewhere',
    EVENT_QUEUE_URL: 'http://somewhere',
    IDEMPOTENCY_HMAC_SECRET: 'x'.repeat(32),
  };
  const groups = Object.keys(settingGroups) as GroupName[];
  const { TOME_PROFILE, SOURCE_LENGTHS, ...others } = readSettings(groups, required);
  expect(SOURCE_LENGTHS).toBeUndefined();
  const defaults: Readonly<Record<string, string | number | boolean | undefined>> = {
    ...others,
    TOME_PROFILE: TOME_PROFILE.name,
  };
  for (const { name, fallback } of rows) {
    if (name in required || LOCAL.includes(name)) continue;
    expect(`${name} ${fallback}`).toBe(`${name} ${defaults[name] ?? 'none'}`);
  }
});

test('the configuration page shows the smallest and the largest value of each number, and all values of each choice', () => {
  const accepts = (name: string, value: string): boolean => z.safeParse(schemas[name] ?? z.never(), value).success;
  const numbers = rows.filter(({ name, bounds }) => name in schemas && /^\d+ to \d+$/.test(bounds));
  expect(numbers.length).toBeGreaterThan(35);
  for (const { name, bounds } of numbers) {
    const [least = 0, most = 0] = bounds.split(' to ').map(Number);
    const [inside, outside] = [
      [least, most],
      [least - 1, most + 1],
    ];
    expect({ name, accepted: inside.map((value) => accepts(name, String(value))) }).toEqual({
      name,
      accepted: [true, true],
    });
    expect({ name, accepted: outside.map((value) => accepts(name, String(value))) }).toEqual({
      name,
      accepted: [false, false],
    });
  }
  const choices = rows.filter(({ bounds }) => /^(`[a-z-]+`(, )?)+$/.test(bounds));
  expect(choices.map(({ name }) => name).sort()).toEqual(
    [
      'DATABASE_PREPARE',
      'DATABASE_TLS',
      'GAUGES_TO',
      'PREFETCH_BULK_TOKENIZE',
      'REFERENCE_FORMAT',
      'REFERENCE_LUHN',
      'SOURCE_CHECK_DIGIT',
      'SOURCE_FORM',
      'TOKENIZER',
      'UNACCEPTABLE_REFERENCES',
      'VOCABULARY',
    ].sort(),
  );
  for (const { name, bounds } of choices) {
    for (const [, value = ''] of bounds.matchAll(/`([a-z-]+)`/g))
      expect([name, value, accepts(name, value)]).toEqual([name, value, true]);
  }
});

test.each(PAGE_TABLES)('the table $name in $file is what the code says; `npm run contract` writes it', (table) => {
  const page = readFileSync(table.file, 'utf8');
  expect(page).toBe(withTable(page, table));
});

test('a page that does not mark its table, or marks it twice, is refused by name', () => {
  const table = { file: 'page.md', name: 'routes', rows: () => [['Route']] };
  const marked = '<!-- table routes -->\n<!-- end of table routes -->\n';
  expect(withTable(`a\n${marked}b\n`, table)).toBe(
    'a\n<!-- table routes -->\n| Route |\n| --- |\n<!-- end of table routes -->\nb\n',
  );
  for (const page of ['', '<!-- table routes -->\n', `${marked}${marked}`]) {
    expect(() => withTable(page, table)).toThrow('page.md must mark one table routes.');
  }
});

test('the API page lists every error code with its status, and no other code', () => {
  const page = readFileSync('docs/api.md', 'utf8');
  const listed = [...page.matchAll(/^\| (\d{3}) \| `([a-z-]+)` \|/gm)].map(([, status, code]) => `${status} ${code}`);
  const local = [
    ...page.matchAll(
      /(?<= |^)(\d{3})\s`(malformed-request|target-too-long|method-not-allowed|request-timeout|expectation-failed|headers-too-large)`/g,
    ),
  ];
  const codes = Object.values(VOCABULARIES).flatMap((vocabulary) =>
    [...routesIn(vocabulary).flatMap((route) => problemsOf(route, vocabulary)), ...gatewayResponsesIn(vocabulary)].map(
      ({ status, code }) => `${status} ${code}`,
    ),
  );
  expect(new Set([...listed, ...local.map(([, status, code]) => `${status} ${code}`)])).toEqual(new Set(codes));
});
