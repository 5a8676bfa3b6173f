import type { ProblemWords } from './runtime/http/problem.ts';

/** A field of a body: its name, and what the published file says of it. */
export interface WrittenField {
  readonly name: string;
  readonly pattern: string;
  readonly minLength: number;
  readonly maxLength: number;
  readonly example: string;
  readonly description: string;
}

/**
 * The words in which a producer domain speaks to its callers. Routes, bodies, problems, answers of
 * API Gateway, events and the published file are made from them. What only this project reads has
 * the same names in every domain: code, tables, metrics, logs and the audit record
 * (docs/design.md#the-words-of-a-domain).
 */
export interface Vocabulary {
  /** What a source identifies. */
  readonly item: string;
  readonly items: string;
  /** The source itself, without and with an article. */
  readonly number: string;
  readonly aNumber: string;
  readonly fields: { readonly source: WrittenField; readonly reference: WrittenField };
  /** The type of an event, and the start of its id. */
  readonly event: string;
  /** The published file of the API, and its title. */
  readonly apiFile: string;
  readonly apiTitle: string;
  /** Problems that other words describe than those of the error (runtime/http/problem.ts). */
  readonly problems: ProblemWords;
}

const SIXTEEN_DIGITS = { pattern: '^[0-9]{16}$', minLength: 16, maxLength: 16, example: '9000000000000009' };

export const VOCABULARIES = {
  card: {
    item: 'card',
    items: 'cards',
    number: 'card number',
    aNumber: 'a card number',
    fields: {
      source: {
        name: 'cardNumber',
        pattern: '^[1-9][0-9]{12,18}$',
        minLength: 13,
        maxLength: 19,
        example: '4000000000000002',
        description: "13 to 19 digits with a valid check digit, in a length that the card's network issues.",
      },
      reference: {
        name: 'cardReferenceId',
        ...SIXTEEN_DIGITS,
        description: '16 digits. A new one does not start as a card number does, unless TOME alone chose it.',
      },
    },
    event: 'card-created',
    apiFile: 'docs/openapi.json',
    apiTitle: 'Card tokenization pool',
    problems: {},
  },
  account: {
    item: 'account',
    items: 'accounts',
    number: 'account number',
    aNumber: 'an account number',
    fields: {
      source: {
        name: 'accountNumber',
        pattern: '^[0-9]{8,19}$',
        minLength: 8,
        maxLength: 19,
        example: '001234567890',
        description:
          '8 to 19 digits, with or without a check digit. A deployment accepts only some of these lengths, and can require a check digit.',
      },
      reference: {
        name: 'accountReferenceId',
        ...SIXTEEN_DIGITS,
        description: '16 digits. An account number can look the same.',
      },
    },
    event: 'account-created',
    apiFile: 'docs/openapi-program.json',
    apiTitle: 'Account tokenization pool',
    problems: {
      'card-not-found': { code: 'account-not-found', detail: 'This account number has no reference.' },
      'reference-not-found': { title: 'No account', detail: 'No account has this reference.' },
      'stored-card-unacceptable': {
        code: 'stored-account-unacceptable',
        title: 'Not an accepted account number',
        detail: 'TOME stores no acceptable account number for this reference.',
      },
      'caller-budget-spent': {
        detail:
          'This caller asked too often for accounts or references that do not exist, or created existing accounts too often.',
      },
      'tome-request-refused': { detail: 'TOME does not accept this account number, token or reference.' },
    },
  },
} as const satisfies Readonly<Record<string, Vocabulary>>;

export type VocabularyName = keyof typeof VOCABULARIES;
export const VOCABULARY_NAMES = ['card', 'account'] as const satisfies readonly VocabularyName[];

/**
 * The vocabulary that follows from the name of a producer domain. CDK makes the routes with it, and
 * the handlers behind them read their bodies with it, so both have the same words.
 */
export const vocabularyOfDomain = (domain: string): Vocabulary =>
  domain === 'program' ? VOCABULARIES.account : VOCABULARIES.card;

/**
 * A text with the words of a vocabulary in the place of `{item}`, `{items}`, `{number}`,
 * `{aNumber}`, `{sourceField}`, `{referenceField}`, `{event}` and `{apiFile}`. Throws for any other
 * word in braces.
 */
export function inWordsOf(vocabulary: Vocabulary, text: string): string {
  const { item, items, number, aNumber, event, apiFile, fields } = vocabulary;
  const named = { sourceField: fields.source.name, referenceField: fields.reference.name };
  const words: Readonly<Record<string, string>> = { item, items, number, aNumber, event, apiFile, ...named };
  return text.replaceAll(/\{(\w+)\}/g, (_, word: string) => {
    const found = words[word];
    if (found === undefined) throw new Error(`The vocabulary has no word {${word}}.`);
    return found;
  });
}
