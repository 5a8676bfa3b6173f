import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { composeMigrate, ROLE_GRANTS } from '../../lambdas/composition/migrate.ts';
import { migrate } from '../../lambdas/pool/migrate.ts';
import { mayContainCardNumber, startsBetween } from '../../lambdas/tokenization/model/card-networks.ts';
import { passesLuhn } from '../../lambdas/tokenization/model/luhn.ts';
import { findFormatFault, REFERENCE_FORMATS } from '../../lambdas/tokenization/model/reference-format.ts';
import type { ReferenceRules } from '../../lambdas/tokenization/model/reference-rules.ts';
import { hasForm } from '../../lambdas/tokenization/model/token-form.ts';
import { profileNamed, rulesOf } from '../support/tome-profiles.ts';
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
  const expression = /!~ '([^']+)'/.exec(source?.text ?? '')?.[1];
  if (expression === undefined) return PREFIXES;
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

/** Which of the texts the function accepts. */
async function acceptedBy(functionName: string, texts: readonly string[]): Promise<readonly string[]> {
  const found = await pool.sql<{ text: string }[]>`
    SELECT text FROM unnest(string_to_array(${texts.join(' ')}, ' ')) WITH ORDINALITY AS given (text, place)
    WHERE ${pool.sql(functionName)}(text) ORDER BY place
  `;
  return found.map(({ text }) => text);
}

/** Texts of 14 to 65 characters: digits with each first two digits, and longer ones. */
const TEXTS = [
  ...Array.from({ length: 100 }, (_, start) => String(start).padStart(2, '0')).flatMap((start) =>
    Array.from({ length: 12 }, (_, last) => `${start}${'73105926418273'.slice(0, 12 + (last % 3))}${last % 10}`),
  ),
  ...[15, 16, 19, 20, 35, 64, 65].flatMap((length) =>
    ['a-B_', '90', '12-4'].map((part) => part.repeat(17).slice(0, length)),
  ),
  '910000000000000a',
  '91000000-0000001',
];

const FORMS: readonly (readonly [profile: string, format: ReferenceRules['referenceFormat']])[] = [
  'simulator',
  'uat',
  'sixteen-digits',
].flatMap((profile) => (['card-networks', 'tome'] as const).map((format) => [profile, format] as const));

describe.each(FORMS)('with the profile %s and the reference format %s', (name, format) => {
  const { ns1, ns2 } = profileNamed(name).namespaces;
  const isByForm = profileNamed(name).toldApart === 'by-form';
  const isInternalToken = (text: string): boolean => hasForm(text, ns1.token);
  const startsAllowed = (text: string): boolean =>
    !ns2.token.forbiddenStarts.some((range) => startsBetween(text, range)) &&
    (format === 'tome' || findFormatFault(text, 'any') !== 'card-network-prefix');
  const isReference = (text: string): boolean => /^[0-9]{16}$/.test(text) && !(isByForm && isInternalToken(text));

  beforeAll(async () => {
    await migrate(pool.url, { grants: ROLE_GRANTS, rules: rulesOf(name, format) });
  });

  test('the database accepts an internal token exactly if the profile does', async () => {
    const accepted = TEXTS.filter(isInternalToken);
    expect(accepted.length).toBeGreaterThan(0);
    expect(await acceptedBy('is_internal_token', TEXTS)).toEqual(accepted);
  });

  test('the database allows a reference of the pool and one from outside exactly if the format does', async () => {
    const allowed = TEXTS.filter(isReference);
    expect(allowed.length).toBeGreaterThan(100);
    expect(await acceptedBy('may_be_reference', TEXTS)).toEqual(allowed);
    expect(await acceptedBy('may_be_new_reference', TEXTS)).toEqual(allowed.filter(startsAllowed));
  });

  test('the database allows the same six leading digits of a new reference as the format', async () => {
    const allowed = PREFIXES.filter((prefix) => startsAllowed(prefix + REST));
    expect(allowed.length).toBeGreaterThan(100_000);
    expect((await allowedBy('may_be_new_reference')).join(' ') === allowed.join(' ')).toBe(true);
  });
});

test('the database computes the check digit and the risk of a card number as the domain does', async () => {
  const texts = [
    ...TEXTS,
    '4111111111111111',
    '4111-1111-1111-1111',
    '411111111111',
    '49927398716',
    '4111111111111111a',
  ];
  expect(await acceptedBy('passes_luhn', texts)).toEqual(
    texts.filter((text) => /^[0-9]+$/.test(text) && passesLuhn(text)),
  );
  expect(await acceptedBy('may_contain_card_number', texts)).toEqual(texts.filter(mayContainCardNumber));
});

describe('a migration with another profile or reference format', () => {
  const installedFor = async (...forms: Parameters<typeof rulesOf>) => {
    const { functionsInstalled } = await migrate(pool.url, { grants: ROLE_GRANTS, rules: rulesOf(...forms) });
    return functionsInstalled;
  };

  test('installs the functions again, and one with the same forms does not', async () => {
    await installedFor('simulator');
    expect(await installedFor('simulator')).toBe(false);
    expect(await installedFor('uat')).toBe(true);
    expect(await installedFor('uat', 'tome')).toBe(true);
    expect(await installedFor('uat', 'tome')).toBe(false);
  });

  test('is what the settings TOME_PROFILE and REFERENCE_FORMAT of the migrate function ask for', async () => {
    await installedFor('simulator');
    vi.stubEnv('DATABASE_URL', pool.url);
    vi.stubEnv('TOME_PROFILE', 'uat');
    vi.stubEnv('REFERENCE_FORMAT', 'tome');
    const { run } = await composeMigrate();
    vi.unstubAllEnvs();
    expect(await run({ runId: 'a run', deadlineMs: Number.POSITIVE_INFINITY })).toMatchObject({
      functionsInstalled: true,
    });
    expect(await installedFor('uat', 'tome')).toBe(false);
  });

  test('leaves the default forms as they are when it names them', async () => {
    await migrate(pool.url, { grants: ROLE_GRANTS });
    expect(await installedFor('simulator')).toBe(false);
  });
});
