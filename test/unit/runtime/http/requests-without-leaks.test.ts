import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { requestsIn } from '../../../../lambdas/api/schemas.ts';
import { CardNumber } from '../../../../lambdas/tokenization/model/card-number.ts';
import { VOCABULARIES } from '../../../../lambdas/vocabulary.ts';
import { keepOutput } from '../../../support/kept-output.ts';
import { anyCardNumber } from '../../tokenization/generated-card-numbers.ts';

// The modules read this variable when they are loaded.
vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true');
const { apiHandler } = await import('../../../../lambdas/runtime/http/api-handler.ts');

const REQUEST_ID = '58236845-3880-4269-9eab-ad5fcf91e9e6';
const lambda = {
  functionName: 'f',
  awsRequestId: REQUEST_ID,
  getRemainingTimeInMillis: () => 29_000,
} as unknown as Context;

const FOUND = { status: 200, body: { reference: '9000000000000009' } } as const;

/** What a route may do with the number: use it, refuse it, or fail with an error that quotes it. */
const routes = {
  answers: async () => FOUND,
  refuses: async ({ body }: { readonly body: { readonly source: string } }) => {
    CardNumber.parse(`${body.source}x`);
    return FOUND;
  },
  fails: async ({ body }: { readonly body: { readonly source: string } }) => {
    JSON.parse(`${body.source} is no JSON`);
    return FOUND;
  },
  'fails with properties': async ({ body }: { readonly body: { readonly source: string } }) => {
    throw Object.assign(new Error(`duplicate ${body.source}`, { cause: new URIError(body.source) }), {
      code: body.source,
      detail: body.source,
      parameters: [body.source],
    });
  },
};

/** The parts of an event that contain the number. */
const places = {
  body: (number: string) => ({ body: JSON.stringify({ cardNumber: number }) }),
  'a bare body': (number: string) => ({ body: number }),
  'a field of the body': (number: string) => ({ body: JSON.stringify({ [number]: number }) }),
  'a field that is given twice': (number: string) => ({ body: `{"${number}":1,"${number}":2}` }),
  'the correlation id': (number: string) => ({ headers: { 'X-Correlation-Id': number } }),
  'a correlation id in groups': (number: string) => ({
    headers: { 'X-Correlation-Id': number.replaceAll(/(\d{4})(?=\d)/g, '$1-') },
  }),
  'a correlation id with letters': (number: string) => ({
    headers: { 'x-correlation-id': number.replaceAll(/(\d{4})(?=\d{3})/g, '$1x') },
  }),
  'other headers': (number: string) => ({ headers: { [number]: number, 'user-agent': number } }),
  'the query and the path': (number: string) => ({ path: `/v1/cards/${number}`, queryStringParameters: { a: number } }),
  'the session': (number: string) => ({
    requestContext: {
      requestId: REQUEST_ID,
      identity: { userArn: `arn:aws:sts::555555555555:assumed-role/issuing/${number}`, sourceIp: '127.0.0.1' },
    },
  }),
  'ids that AWS should have made': (number: string) => ({
    requestContext: {
      requestId: number,
      extendedRequestId: number,
      identity: { userArn: `arn:aws:iam::555555555555:user/${number}`, sourceIp: number },
    },
  }),
  'the method': (number: string) => ({ httpMethod: number }),
};

const eventWith = (place: keyof typeof places, number: string) => ({
  httpMethod: 'POST',
  headers: {},
  body: JSON.stringify({ cardNumber: '4000000000000002' }),
  requestContext: {
    requestId: REQUEST_ID,
    identity: { userArn: 'arn:aws:sts::555555555555:assumed-role/issuing/a', sourceIp: '127.0.0.1' },
  },
  ...places[place](number),
});

test('a card number in any part of a request appears in no log line, audit record or answer', async () => {
  const output = keepOutput();
  try {
    await fc.assert(
      fc.asyncProperty(
        anyCardNumber(),
        fc.constantFrom(...(Object.keys(places) as (keyof typeof places)[])),
        fc.constantFrom(...(Object.keys(routes) as (keyof typeof routes)[])),
        async (number, place, behaviour) => {
          fc.pre(number !== '4000000000000002');
          output.text = '';
          const handler = apiHandler({
            operation: 'lookup',
            vocabulary: VOCABULARIES.card,
            schema: requestsIn(VOCABULARIES.card).source,
            deadlineMs: 5_000,
            auditedReference: ({ source }) => source,
            answer: routes[behaviour],
          });
          const answer = await handler(eventWith(place, number), lambda);
          const digits = JSON.stringify(answer).concat(output.text).replaceAll(REQUEST_ID, '');
          expect(output.text).toContain('"operation":"lookup"');
          expect(digits).not.toContain(number);
          expect(digits.replaceAll(/[-x]/g, '')).not.toContain(number);
        },
      ),
      { seed: 8, numRuns: 1_500 },
    );
  } finally {
    output.restore();
  }
});
