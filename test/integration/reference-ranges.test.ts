import { afterAll, beforeAll, expect, test } from 'vitest';
import { isOfAnyFormat } from '../../lambdas/tokenization/model/card-reference.ts';
import { findFormatFault, REFERENCE_FORMATS } from '../../lambdas/tokenization/model/reference-format.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let pool: TestDatabase;

beforeAll(async () => {
  pool = await createTestDatabase();
});

afterAll(() => pool.drop());

const PREFIXES = Array.from({ length: 1_000_000 }, (_, number) => String(number).padStart(6, '0'));
const REST = '1234567890';

/** All prefixes that the expression of a database function allows. */
async function allowedBy(functionName: string): Promise<readonly string[]> {
  const [source] = await pool.sql<
    { text: string }[]
  >`SELECT prosrc AS text FROM pg_proc WHERE proname = ${functionName}`;
  const expression = /!~ '([^']+)'/.exec(source?.text ?? '')?.[1] ?? '';
  const [found] = await pool.sql<{ prefixes: string }[]>`
    SELECT string_agg(prefix, ' ' ORDER BY prefix) AS prefixes
    FROM (SELECT lpad(number::text, 6, '0') AS prefix FROM generate_series(0, 999999) AS number) AS given
    WHERE prefix || ${REST} !~ ${expression}
  `;
  return (found?.prefixes ?? '').split(' ');
}

test('no range in the table of networks needs more than the six digits that these tests compare', () => {
  const lengths = REFERENCE_FORMATS.flatMap(({ forbidden }) => forbidden.map(({ from }) => from.length));
  expect(Math.max(...lengths)).toBeLessThanOrEqual(6);
});

test('the database allows a new reference exactly if the newest version of the format does', async () => {
  const allowed = PREFIXES.filter((prefix) => findFormatFault(prefix + REST, 'any') === null);
  expect(allowed.length).toBeGreaterThan(100_000);
  expect((await allowedBy('may_be_new_reference')).join(' ') === allowed.join(' ')).toBe(true);
});

test('the database allows a stored reference exactly if some version of the format does', async () => {
  const allowed = PREFIXES.filter((prefix) => isOfAnyFormat(prefix + REST));
  expect(allowed.length).toBeGreaterThan(100_000);
  expect((await allowedBy('may_be_reference')).join(' ') === allowed.join(' ')).toBe(true);
});

test.each([
  ['9100000000000001', true, true],
  ['9860000000000001', false, true],
  ['9792000000000001', false, false],
  ['4111111111111111', false, false],
  ['910000000000001', false, false],
  ['91000000000000011', false, false],
  ['910000000000000a', false, false],
])(
  'the database allows %s as a new reference: %j, as a reference of any version: %j',
  async (reference, isNew, isAny) => {
    const [found] =
      await pool.sql`SELECT may_be_new_reference(${reference}) AS new, may_be_reference(${reference}) AS any`;
    expect(found).toEqual({ new: isNew, any: isAny });
  },
);
