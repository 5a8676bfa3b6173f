import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { requestsIn } from '../../../../lambdas/api/schemas.ts';
import { correlationIdFrom } from '../../../../lambdas/runtime/http/correlation-id.ts';
import { configureMasks } from '../../../../lambdas/runtime/logging/masked-digits.ts';
import { CardNumber } from '../../../../lambdas/tokenization/model/card-number.ts';
import { type AccountNumberForm, digitFormOf } from '../../../../lambdas/tokenization/model/source-form.ts';
import { VOCABULARIES } from '../../../../lambdas/vocabulary.ts';
import { keepOutput } from '../../../support/kept-output.ts';
import { digits } from '../../tokenization/generated-card-numbers.ts';

// The modules read this variable when they are loaded.
vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
const { apiHandler } = await import('../../../../lambdas/runtime/http/api-handler.ts');

const FORM: AccountNumberForm = { kind: 'account-number', lengths: [12, 14, 16], checkDigit: 'none' };
const REQUEST_ID = '58236845-3880-4269-9eab-ad5fcf91e9e6';
const lambda = {
  functionName: 'f',
  awsRequestId: REQUEST_ID,
  getRemainingTimeInMillis: () => 29_000,
} as unknown as Context;

beforeAll(() => {
  const form = digitFormOf(FORM);
  configureMasks(form === null ? [] : [form]);
});

afterAll(() => configureMasks([]));

const anyAccount = () => fc.constantFrom(...FORM.lengths).chain((length) => digits(length));
const grouped = (number: string, separator: string): string => (number.match(/.{1,4}/g) ?? []).join(separator);
/** As long as a UUID, and with its hyphens. */
const inUuid = (number: string): string =>
  number.padEnd(32, '0').replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');

const places = {
  body: (number: string) => ({ body: JSON.stringify({ accountNumber: number }) }),
  'the field of a card domain': (number: string) => ({ body: JSON.stringify({ cardNumber: number }) }),
  'a field with one digit more': (number: string) => ({ body: JSON.stringify({ accountNumber: `${number}0` }) }),
  'a field name': (number: string) => ({ body: JSON.stringify({ [number]: number }) }),
  'the correlation id': (number: string) => ({ headers: { 'X-Correlation-Id': number } }),
  'a correlation id in groups': (number: string) => ({ headers: { 'X-Correlation-Id': grouped(number, '-') } }),
  'a correlation id with letters': (number: string) => ({ headers: { 'x-correlation-id': `order-${number}` } }),
  'a correlation id like a UUID': (number: string) => ({ headers: { 'x-correlation-id': inUuid(number) } }),
  'other headers': (number: string) => ({ headers: { [number]: number, 'user-agent': number } }),
  'the query and the path': (number: string) => ({ path: `/v1/accounts/${number}` }),
};

test('an account number in any part of a request appears in no log line, audit record or answer', async () => {
  const output = keepOutput();
  const { account } = VOCABULARIES;
  const handler = apiHandler({
    operation: 'lookup',
    vocabulary: account,
    schema: requestsIn(account).source,
    deadlineMs: 5_000,
    answer: async ({ body }) => {
      CardNumber.parse(body.source, FORM, account.fields.source.name);
      return { status: 200, body: { reference: '9000000000000009' } };
    },
  });
  try {
    await fc.assert(
      fc.asyncProperty(
        anyAccount(),
        fc.constantFrom(...(Object.keys(places) as (keyof typeof places)[])),
        async (number, place) => {
          output.text = '';
          const event = {
            httpMethod: 'POST',
            headers: {},
            body: JSON.stringify({ accountNumber: '000000000000' }),
            requestContext: {
              requestId: REQUEST_ID,
              identity: { userArn: 'arn:aws:sts::555555555555:assumed-role/issuing/a', sourceIp: '127.0.0.1' },
            },
            ...places[place](number),
          };
          const answer = await handler(event, lambda);
          const everything = JSON.stringify(answer).concat(output.text).replaceAll(REQUEST_ID, '');
          expect(output.text).toContain('"operation":"lookup"');
          expect(everything).not.toContain(number);
          expect(everything).not.toContain(grouped(number, '-'));
          expect(everything).not.toContain(inUuid(number));
        },
      ),
      { seed: 9, numRuns: 1_000 },
    );
  } finally {
    output.restore();
  }
});

test('in an account domain a correlation id with few digits or with hexadecimal letters is kept', () => {
  for (const id of [
    'trace-7',
    'order-2026-11-27',
    '58236845-3880-4269-9eab-ad5fcf91e9e6',
    '4bf92f3577b34da6a3ce929d0e0e4736',
  ]) {
    expect(correlationIdFrom(id)).toBe(id);
  }
});
