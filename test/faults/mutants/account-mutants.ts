import { edit, type Mutant } from './mutant.ts';

const TEXT = 'card numbers and secrets in text';
const INPUT = 'input that must be refused';
const ALIKE = 'card numbers, internal tokens and references that look alike';
const ACCOUNT_NUMBER = ['test/unit/tokenization/account-number.test.ts'];
const VOCABULARY = ['test/unit/functions/vocabulary.test.ts'];

/** Bugs in domains whose sources are account numbers. */
export const ACCOUNT_MUTANTS: readonly Mutant[] = [
  {
    name: 'the error that refuses an account number quotes it',
    kind: TEXT,
    edits: [
      edit(
        'lambdas/tokenization/model/source-form.ts',
        'return `must be ${describeLengths(lengths)} digits without spaces`;',
        'return `must be ${describeLengths(lengths)} digits without spaces, not ${text}`;',
      ),
    ],
    tests: ACCOUNT_NUMBER,
  },
  {
    name: 'an account domain reads the field of card domains',
    kind: INPUT,
    edits: [edit('lambdas/vocabulary.ts', "name: 'accountNumber',", "name: 'cardNumber',")],
    tests: VOCABULARY,
  },
  {
    name: 'an account number of any length is accepted',
    kind: INPUT,
    edits: [
      edit(
        'lambdas/tokenization/model/source-form.ts',
        'if (!/^[0-9]+$/.test(text) || !lengths.includes(text.length)) {',
        'if (!/^[0-9]+$/.test(text) || lengths.length === 0) {',
      ),
    ],
    tests: ACCOUNT_NUMBER,
  },
  {
    name: 'an account number that was stored with another length cannot be read',
    kind: INPUT,
    edits: [
      edit(
        'lambdas/tokenization/model/card-number.ts',
        'return canBeStored(text, form) ? new CardNumber(text) : null;',
        'return canBeStored(text, form) && findSourceFault(text, form) === null ? new CardNumber(text) : null;',
      ),
    ],
    tests: ACCOUNT_NUMBER,
  },
  {
    name: 'a correlation id that is an account number in groups is logged',
    kind: TEXT,
    edits: [
      edit(
        'lambdas/runtime/http/correlation-id.ts',
        'digits.length >= fewestMaskedDigits()',
        'digits.length < fewestMaskedDigits() && digits === id',
      ),
    ],
    tests: ['test/unit/runtime/http/accounts-without-leaks.test.ts'],
  },
  {
    name: 'an account number in an answer of prefetch is stored',
    kind: TEXT,
    edits: [
      edit(
        'lambdas/tome/client/prefetched-tokens.ts',
        'kept: isKeepable(text) && !mayContainSource(text) ? text : null',
        'kept: isKeepable(text) && (text.length < 13 || !mayContainSource(text)) ? text : null',
      ),
    ],
    tests: ['test/unit/tome/prefetched-tokens.test.ts'],
  },
  {
    name: 'account numbers without a rule for the check digit are accepted as a setting',
    kind: INPUT,
    edits: [
      edit('lambdas/runtime/setting-conflicts.ts', "['SOURCE_LENGTHS', 'SOURCE_CHECK_DIGIT']", "['SOURCE_LENGTHS']"),
    ],
    tests: ['test/unit/runtime/domain-settings.test.ts'],
  },
  {
    name: 'a problem of an account domain speaks of a card',
    kind: INPUT,
    edits: [
      edit(
        'lambdas/runtime/http/problem.ts',
        'return { ...statusOf(code), code, detail: undefined, ...others };',
        'return { ...others, ...statusOf(code), code, detail: undefined };',
      ),
    ],
    tests: VOCABULARY,
  },
  {
    name: 'the API of an account domain has the routes of card domains',
    kind: INPUT,
    edits: [
      edit(
        'lib/service-stack.ts',
        'const vocabulary = vocabularyOfDomain(domain);',
        "const vocabulary = vocabularyOfDomain('card');",
      ),
    ],
    tests: ['test/infrastructure/api.test.ts'],
  },
  {
    name: 'the command line shows the first six digits of an account number',
    kind: ALIKE,
    edits: [
      edit(
        'scripts/cli/commands.ts',
        "const shown = vocabulary === VOCABULARIES.card ? number.slice(0, 6) : '';",
        "const shown = vocabulary === VOCABULARIES.card || isRevealed ? '' : number.slice(0, 6);",
      ),
    ],
    tests: ['test/unit/cli/commands.test.ts'],
  },
];
