import { describe, expect, test } from 'vitest';
import { gatewayResponsesIn } from '../../../lambdas/api/gateway-responses.ts';
import { problemCodes } from '../../../lambdas/api/route-problems.ts';
import { routesIn } from '../../../lambdas/api/routes.ts';
import { STATUS } from '../../../lambdas/runtime/http/problem.ts';
import { CardNumber } from '../../../lambdas/tokenization/model/card-number.ts';
import { parseCardReference } from '../../../lambdas/tokenization/model/card-reference.ts';
import { parseIdempotencyKey } from '../../../lambdas/tokenization/model/idempotency-key.ts';
import { CARD_NUMBERS, type SourceForm } from '../../../lambdas/tokenization/model/source-form.ts';
import { VOCABULARIES, type VocabularyName } from '../../../lambdas/vocabulary.ts';
import { describeApi, problemsOf } from '../../../scripts/checks/contract/api-document.ts';
import { simulatorForms } from '../../support/tome-profiles.ts';

interface Field {
  readonly pattern: string;
  readonly minLength: number;
  readonly maxLength: number;
  readonly example: string;
}
interface Answer {
  readonly description: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly content: Readonly<
    Record<
      string,
      {
        readonly schema: { readonly properties?: Readonly<Record<string, Field>> };
        readonly example?: { readonly code: string };
      }
    >
  >;
}
interface Operation {
  readonly parameters: readonly { readonly name: string; readonly schema: Field; readonly example?: string }[];
  readonly requestBody?: {
    readonly content: Readonly<
      Record<string, { readonly schema: { readonly properties: Readonly<Record<string, Field>> } }>
    >;
  };
  readonly responses: Readonly<Record<string, Answer>>;
}
interface Document {
  readonly security: unknown;
  readonly servers: readonly { readonly url: string }[];
  readonly components: { readonly securitySchemes: Readonly<Record<string, object>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** The sources that the published file of a vocabulary describes. */
const FORMS: Readonly<Record<VocabularyName, SourceForm>> = {
  card: CARD_NUMBERS,
  account: { kind: 'account-number', lengths: [10, 11, 12, 13, 14, 15, 16, 17, 18, 19], checkDigit: 'none' },
};

describe.each(Object.entries(VOCABULARIES))('in the vocabulary %s', (vocabularyName, vocabulary) => {
  const form = FORMS[vocabularyName as VocabularyName];
  const routes = routesIn(vocabulary);
  const document = JSON.parse(JSON.stringify(describeApi(vocabulary))) as Document;
  const operations = routes.map((route) => {
    const operation = document.paths[route.path]?.[route.method.toLowerCase()];
    if (operation === undefined) throw new Error(`${route.path} is not documented.`);
    return { route, operation };
  });

  test('every code in the table of statuses is documented for a route, and no code that is not in it', () => {
    const documented = new Set<string>(routes.flatMap(({ row }) => problemCodes(row)));
    expect([...documented].filter((code) => code !== 'unexpected').sort()).toEqual(Object.keys(STATUS).sort());
  });

  test('each status of a route names exactly the codes that it can be answered with', () => {
    for (const { route, operation } of operations) {
      const problems = problemsOf(route, vocabulary);
      const statuses = [...new Set([...route.row.successes, ...problems.map(({ status }) => status)])];
      expect(Object.keys(operation.responses).map(Number)).toEqual(statuses.sort((a, b) => a - b));
      for (const { status, code } of problems) {
        expect(operation.responses[status]?.description).toMatch(new RegExp(`[ :]${code}[,.]`));
      }
      for (const { status, code } of gatewayResponsesIn(vocabulary).filter((refusal) => refusal.status === 403)) {
        expect(operation.responses[status]?.description).toContain(code);
      }
    }
  });

  test('every answer has a correlation id, and Retry-After exactly if the same request may succeed later', () => {
    for (const { operation } of operations) {
      for (const [status, { headers, content }] of Object.entries(operation.responses)) {
        const expected = ['X-Correlation-Id', ...(['409', '429', '503'].includes(status) ? ['Retry-After'] : [])];
        expect({ status, headers: Object.keys(headers) }).toEqual({ status, headers: expected });
        expect(Object.keys(content)).toEqual([Number(status) < 300 ? 'application/json' : 'application/problem+json']);
        if (Number(status) >= 300) expect(content['application/problem+json']?.example?.code).toMatch(/^[a-z-]+$/);
      }
    }
  });

  test('requests are signed, and there is a server to send them to', () => {
    expect(document.security).toEqual([{ signature: [] }]);
    expect(document.components.securitySchemes).toMatchObject({
      signature: { 'x-amazon-apigateway-authtype': 'awsSigv4', in: 'header', name: 'Authorization' },
    });
    expect(document.servers.map(({ url }) => url)).toEqual([
      expect.stringContaining('execute-api'),
      'http://127.0.0.1:3000',
    ]);
  });

  test('what is said of a field agrees with what the handlers accept', () => {
    const fields = operations.flatMap(({ operation }) =>
      Object.entries(operation.requestBody?.content['application/json']?.schema.properties ?? {}),
    );
    expect(fields).toHaveLength(routes.filter(({ request }) => request !== null).length);
    for (const [name, { pattern, minLength, maxLength, example }] of fields) {
      const parse = (text: string): unknown =>
        name === vocabulary.fields.source.name
          ? CardNumber.parse(text, form, name)
          : parseCardReference(text, simulatorForms);
      expect(() => parse(example)).not.toThrow();
      expect(example).toMatch(new RegExp(pattern));
      for (const text of [
        '1'.repeat(minLength - 1),
        '1'.repeat(maxLength + 1),
        '',
        'x',
        ` ${example}`,
        `${example}\n`,
      ]) {
        expect(() => parse(text)).toThrow();
      }
    }
    const key = operations
      .flatMap(({ operation }) => operation.parameters)
      .find(({ name }) => name === 'Idempotency-Key');
    for (const text of ['a', '!', '~', 'x'.repeat(255), 'order-1']) {
      expect(text).toMatch(new RegExp(key?.schema.pattern ?? 'x{999}'));
      expect(parseIdempotencyKey(text)).toBe(text);
    }
    for (const text of ['', ' ', 'a b', 'x'.repeat(256), 'é', '\t']) {
      expect(text).not.toMatch(new RegExp(`${key?.schema.pattern}`));
      expect(() => parseIdempotencyKey(text)).toThrow();
    }
  });
});

test('the published file of the account vocabulary speaks of no card', () => {
  const text = JSON.stringify(describeApi(VOCABULARIES.account)).replaceAll('urn:card-tokenization-pool:', '');
  expect(text.match(/.{0,40}card.{0,40}/i)).toBeNull();
  expect(JSON.stringify(describeApi(VOCABULARIES.card))).not.toMatch(/account (number|reference)|\/accounts/i);
});

test('both vocabularies have the same statuses and headers of each operation', () => {
  const [card = [], account = []] = Object.values(VOCABULARIES).map((vocabulary) => {
    const { paths } = JSON.parse(JSON.stringify(describeApi(vocabulary))) as Document;
    return Object.values(paths).flatMap((methods) =>
      Object.entries(methods).map(([method, { parameters, responses }]) => ({
        method,
        parameters: parameters.map(({ name }) => name),
        statuses: Object.keys(responses),
      })),
    );
  });
  expect(account).toEqual(card);
  expect(card).toHaveLength(5);
});
