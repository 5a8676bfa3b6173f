import { afterEach, expect, test, vi } from 'vitest';
import { sourceFormOf, vocabularyOf } from '../../../lambdas/composition/domain-settings.ts';
import { InvalidSettings, readSettings } from '../../../lambdas/runtime/settings.ts';
import { SOURCE_DIGITS } from '../../../lambdas/tokenization/model/digit-form.ts';
import { CARD_NUMBERS } from '../../../lambdas/tokenization/model/source-form.ts';
import { VOCABULARIES, vocabularyOfDomain } from '../../../lambdas/vocabulary.ts';
import { variablesOf } from '../../../lib/environments/domain-settings.ts';
import { ENVIRONMENTS } from '../../../lib/environments/environments.ts';
import { useDomainDefaults } from '../../../scripts/local/domain-defaults.ts';

const read = (environment: Readonly<Record<string, string>>) => readSettings(['domain'], environment);
const accounts = (lengths: string, checkDigit = 'none') => ({
  SOURCE_FORM: 'account-number',
  SOURCE_LENGTHS: lengths,
  SOURCE_CHECK_DIGIT: checkDigit,
});
const faultsOf = (environment: Readonly<Record<string, string>>): readonly string[] => {
  try {
    read(environment);
    return [];
  } catch (error) {
    return error instanceof InvalidSettings ? error.faults : ['another error'];
  }
};

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a domain accepts card numbers unless its settings say otherwise, whatever its name is', () => {
  for (const domain of ['card', 'program', 'loyalty']) {
    expect(sourceFormOf(read({ PRODUCER_DOMAIN: domain }))).toEqual(CARD_NUMBERS);
  }
});

test.each([
  ['10-19', [10, 11, 12, 13, 14, 15, 16, 17, 18, 19]],
  ['12,16', [12, 16]],
  ['16,12', [12, 16]],
  ['8', [8]],
  ['8-10,9-11,19', [8, 9, 10, 11, 19]],
  ['12-12', [12]],
])('SOURCE_LENGTHS=%s are the lengths %j', (text, lengths) => {
  expect(sourceFormOf(read(accounts(text, 'luhn')))).toEqual({ kind: 'account-number', lengths, checkDigit: 'luhn' });
});

test.each(['7', '20', '7-12', '12-20', '19-10', '10-', '-10', '10,', ',', '10 - 12', 'x', '10.5', '1e1', '10-12-14'])(
  'SOURCE_LENGTHS=%s is refused with a sentence that says what is accepted',
  (text) => {
    expect(faultsOf(accounts(text))).toEqual(['SOURCE_LENGTHS must be lengths from 8 to 19, such as 10-19 or 12,16']);
  },
);

test('account numbers without lengths or without a rule for the check digit are refused, and both faults are named', () => {
  expect(faultsOf({ SOURCE_FORM: 'account-number' })).toEqual([
    'SOURCE_LENGTHS must be set when SOURCE_FORM is account-number',
    'SOURCE_CHECK_DIGIT must be set when SOURCE_FORM is account-number',
  ]);
  expect(faultsOf({ ...accounts('10'), SOURCE_LENGTHS: '' })).toEqual([
    'SOURCE_LENGTHS must be set when SOURCE_FORM is account-number',
  ]);
});

test('a rule of account numbers that would have no effect is refused', () => {
  expect(faultsOf({ SOURCE_LENGTHS: '12', SOURCE_CHECK_DIGIT: 'none' })).toEqual([
    'SOURCE_LENGTHS must not be set unless SOURCE_FORM is account-number',
    'SOURCE_CHECK_DIGIT must not be set unless SOURCE_FORM is account-number',
  ]);
  expect(faultsOf({ SOURCE_FORM: 'iban' })).toEqual(['SOURCE_FORM must be one of card-number, account-number']);
});

test('the domain program speaks of accounts, every other domain of cards, and VOCABULARY replaces both', () => {
  expect(vocabularyOf(read({ PRODUCER_DOMAIN: 'program' }))).toBe(VOCABULARIES.account);
  for (const domain of ['card', 'loyalty', 'programs']) {
    expect(vocabularyOf(read({ PRODUCER_DOMAIN: domain }))).toBe(VOCABULARIES.card);
  }
  expect(vocabularyOf(read({ PRODUCER_DOMAIN: 'loyalty', VOCABULARY: 'account' }))).toBe(VOCABULARIES.account);
  expect(vocabularyOf(read({ PRODUCER_DOMAIN: 'program', VOCABULARY: 'card' }))).toBe(VOCABULARIES.card);
  expect(faultsOf({ VOCABULARY: 'loan' })).toEqual(['VOCABULARY must be one of card, account']);
});

test('on one machine the domain program accepts account numbers, and a setting that has a value keeps it', () => {
  const stub = (environment: Readonly<Record<string, string>>) => {
    for (const name of ['PRODUCER_DOMAIN', 'SOURCE_FORM', 'SOURCE_LENGTHS', 'SOURCE_CHECK_DIGIT']) {
      vi.stubEnv(name, environment[name] ?? '');
    }
    useDomainDefaults();
    return sourceFormOf(readSettings(['domain'], process.env));
  };
  expect(stub({})).toEqual(CARD_NUMBERS);
  expect(stub({ PRODUCER_DOMAIN: 'program' })).toMatchObject({ kind: 'account-number', checkDigit: 'none' });
  expect(stub({ PRODUCER_DOMAIN: 'program', SOURCE_LENGTHS: '12' })).toMatchObject({ lengths: [12] });
  expect(stub({ PRODUCER_DOMAIN: 'program', SOURCE_FORM: 'card-number' })).toEqual(CARD_NUMBERS);
  expect(stub({ PRODUCER_DOMAIN: 'card', SOURCE_FORM: 'account-number' })).toMatchObject({ checkDigit: 'none' });
});

test('the published file of accounts has every length that a domain can configure, and an example that each accepts', () => {
  const programs = Object.values(ENVIRONMENTS).flatMap(({ domains }) => domains.program ?? []);
  expect(programs.length).toBeGreaterThan(3);
  const { minLength, maxLength, example } = vocabularyOfDomain('program').fields.source;
  // A domain with other lengths reads the same file, and its answers must fit it.
  expect({ fewest: minLength, most: maxLength }).toEqual(SOURCE_DIGITS);
  for (const { settings } of programs) {
    const form = sourceFormOf(read({ PRODUCER_DOMAIN: 'program', ...variablesOf('domain', settings) }));
    if (form.kind === 'card-number') throw new Error('The domain program must accept account numbers.');
    expect(form.lengths).toContain(example.length);
  }
});
