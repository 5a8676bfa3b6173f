import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { gatewayResponsesIn } from '../../../lambdas/api/gateway-responses.ts';
import { returnsSources, routesIn } from '../../../lambdas/api/routes.ts';
import { requestsIn } from '../../../lambdas/api/schemas.ts';
import { functionNames } from '../../../lambdas/function-names.ts';
import type { FunctionRow } from '../../../lambdas/function-row.ts';
import { FUNCTIONS } from '../../../lambdas/functions.ts';
import { parseBody } from '../../../lambdas/runtime/http/parse-body.ts';
import { problemOf, STATUS } from '../../../lambdas/runtime/http/problem.ts';
import * as errors from '../../../lambdas/tokenization/errors.ts';
import * as tomeErrors from '../../../lambdas/tokenization/tome-errors.ts';
import { inWordsOf, VOCABULARIES } from '../../../lambdas/vocabulary.ts';

const vocabularies = Object.values(VOCABULARIES);

/** Every error that an API can answer with, by its own code. */
const answered = Object.values({ ...errors, ...tomeErrors }).flatMap((kind) => {
  const Kind = kind as new (...details: unknown[]) => Error;
  if (/^(abstract )?class (TokenizationError|TomeError|LastingAnswer)\b/.test(String(kind))) return [];
  const error =
    Kind.prototype instanceof tomeErrors.TomeError && !(Kind.prototype instanceof tomeErrors.LastingAnswer)
      ? new Kind('TOME gave no answer.', { attempts: 1 })
      : Kind === errors.InvalidInput
        ? new Kind('body', 'must be JSON')
        : Kind === errors.EventsRefused
          ? new Kind([])
          : new Kind();
  return error instanceof errors.TokenizationError && error.code in STATUS ? [error] : [];
});

test('the list of errors has one for every code in the table of statuses', () => {
  expect(new Set(answered.map(({ code }) => code))).toEqual(new Set(Object.keys(STATUS)));
});

test('in the account vocabulary no problem speaks of a card, and its type ends with its code', () => {
  for (const error of answered) {
    const { problem } = problemOf(error, 'correlation', VOCABULARIES.account.problems);
    expect(JSON.stringify({ ...problem, type: '' })).not.toMatch(/card/i);
    expect(problem.type).toBe(`urn:card-tokenization-pool:problem:${problem.code}`);
  }
});

test('no error of the domain, the pool or the client of TOME has a message of its own that speaks of a card', () => {
  const files = ['tokenization', 'pool', 'tome'].flatMap((folder) =>
    readdirSync(`lambdas/${folder}`, { recursive: true })
      .map((file) => `lambdas/${folder}/${String(file)}`)
      .filter((file) => file.endsWith('.ts')),
  );
  expect(files.length).toBeGreaterThan(50);
  const messages = files.flatMap(
    (file) => readFileSync(file, 'utf8').match(/new [A-Z]\w+\(\s*'[^']*\bcards?\b/g) ?? [],
  );
  expect(messages).toEqual([]);
});

test('in the card vocabulary each problem has the code and the message of its error', () => {
  for (const error of answered) {
    const { problem } = problemOf(error, 'correlation', VOCABULARIES.card.problems);
    expect([problem.code, problem.detail]).toEqual([error.code, error.message]);
  }
});

test('a problem has the same status in both vocabularies, and two codes are different', () => {
  const inVocabulary = (error: unknown) =>
    vocabularies.map(({ problems }) => problemOf(error, 'correlation', problems).problem);
  const renamed = answered.flatMap((error) => {
    const [card, account] = inVocabulary(error);
    expect(account?.status).toBe(card?.status);
    return card?.code === account?.code ? [] : [`${card?.code} ${account?.code}`];
  });
  expect(renamed.sort()).toEqual([
    'card-not-found account-not-found',
    'stored-card-unacceptable stored-account-unacceptable',
  ]);
});

test('the routes of both vocabularies differ only in the words, and the route that discloses has one path', () => {
  const [card = [], account = []] = vocabularies.map(routesIn);
  expect(account.map(({ path }) => path.replace('accounts', 'cards'))).toEqual(card.map(({ path }) => path));
  expect(account.map(({ path }) => path)).toEqual([
    '/v1/accounts',
    '/v1/accounts/lookup',
    '/v1/accounts/lookup-or-tokenize',
    '/v1/references/detokenize',
    '/v1/pool',
  ]);
  const disclosing = [card, account].map((routes) => routes.filter(returnsSources).map(({ path }) => path));
  expect(disclosing).toEqual([['/v1/references/detokenize'], ['/v1/references/detokenize']]);
});

test('every text in a table has only words that each vocabulary knows', () => {
  for (const vocabulary of vocabularies) {
    for (const name of functionNames()) {
      const row: FunctionRow = FUNCTIONS[name];
      expect(inWordsOf(vocabulary, row.description)).not.toMatch(/[{}]/);
    }
    for (const { detail } of gatewayResponsesIn(vocabulary)) expect(detail).not.toMatch(/[{}]/);
  }
  expect(JSON.stringify(gatewayResponsesIn(VOCABULARIES.account))).not.toMatch(/card/i);
  expect(() => inWordsOf(VOCABULARIES.card, 'Return a {cart}.')).toThrow('no word {cart}');
});

test('a body is read by the field of its own vocabulary, and a field of the other one is refused', () => {
  const [card, account] = vocabularies.map(requestsIn);
  if (card === undefined || account === undefined) throw new Error('There must be two vocabularies.');
  const read = (schema: typeof card.source | typeof card.reference, body: object) =>
    parseBody(schema, { body: JSON.stringify(body) });
  expect(read(card.source, { cardNumber: '1' })).toEqual({ source: '1' });
  expect(read(account.source, { accountNumber: '1' })).toEqual({ source: '1' });
  expect(read(account.reference, { accountReferenceId: '1' })).toEqual({ reference: '1' });
  for (const [schema, body] of [
    [account.source, { cardNumber: '1' }],
    [account.source, { accountNumber: '1', cardNumber: '1' }],
    [account.source, { source: '1' }],
    [account.source, { accountReferenceId: '1' }],
    [account.reference, { cardReferenceId: '1' }],
    [card.source, { accountNumber: '1' }],
  ] as const) {
    expect(() => read(schema, body)).toThrow(errors.InvalidInput);
  }
});
