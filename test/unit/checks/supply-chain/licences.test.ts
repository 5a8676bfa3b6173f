import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  inventory,
  LICENCES_FILE,
  licencesDocument,
  refusedRows,
} from '../../../../scripts/checks/supply-chain/inventory.ts';
import { isAllowed } from '../../../../scripts/checks/supply-chain/licences.ts';

const rows = inventory();

test('every package that can be installed has an allowed licence', () => {
  expect(rows.some(({ part }) => part === 'deployed')).toBe(true);
  expect(rows.some(({ part }) => part === 'tool, Python')).toBe(true);
  expect(refusedRows(rows)).toEqual([]);
});

test('a package without a licence, or with one that is not on the list, is refused', () => {
  const row = { name: 'a', version: '1', licence: 'MIT', part: 'deployed' } as const;
  const refused = [
    { ...row, licence: null },
    { ...row, licence: 'GPL-3.0-or-later' },
  ];
  expect(refusedRows([row, ...refused])).toEqual(refused);
});

test.each([
  ['MIT', true],
  ['MIT OR GPL-3.0-or-later', true],
  ['(MIT OR GPL-3.0-or-later)', true],
  ['MIT AND GPL-3.0-or-later', false],
  ['Apache-2.0 AND MIT', true],
  ['(MIT OR ISC) AND GPL-3.0-or-later', false],
  ['SEE LICENSE IN LICENSE.txt', false],
  ['', false],
])('the expression "%s" is allowed: %s', (expression, allowed) => {
  expect(isAllowed(expression, false)).toBe(allowed);
});

test('a licence with terms for changed copies is allowed for tools, and not for deployed packages', () => {
  expect([isAllowed('MPL-2.0', true), isAllowed('MPL-2.0', false)]).toEqual([true, false]);
});

test(`${LICENCES_FILE} agrees with the lockfiles; \`npm run licences\` writes it`, () => {
  expect(readFileSync(LICENCES_FILE, 'utf8')).toBe(licencesDocument(rows));
});
