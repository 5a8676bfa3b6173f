import * as z from 'zod/mini';
import { gatewayResponsesIn } from '../../../lambdas/api/gateway-responses.ts';
import { problemCodes } from '../../../lambdas/api/route-problems.ts';
import { type ApiRoute, routesIn } from '../../../lambdas/api/routes.ts';
import { MAX_BODY_BYTES } from '../../../lambdas/runtime/http/parse-body.ts';
import { asAnswered } from '../../../lambdas/runtime/http/problem.ts';
import type { Vocabulary } from '../../../lambdas/vocabulary.ts';

/** A problem as the file describes it. */
interface DocumentedProblem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
}

/**
 * Problems that the server of one machine answers before a handler. API Gateway answers a wrong
 * method with 403 `not-signed`.
 */
const LOCAL_PROBLEMS: readonly DocumentedProblem[] = [
  { status: 400, code: 'malformed-request', title: 'Malformed request' },
  { status: 400, code: 'target-too-long', title: 'Malformed request' },
  { status: 405, code: 'method-not-allowed', title: 'Method not allowed' },
  { status: 408, code: 'request-timeout', title: 'Request timeout' },
  { status: 417, code: 'expectation-failed', title: 'Expectation failed' },
  { status: 431, code: 'headers-too-large', title: 'Request headers too large' },
];

/** Statuses of temporary problems. The answer has the header Retry-After. */
const TEMPORARY = [409, 429, 503];

/** The API of a vocabulary as an OpenAPI document, from the table of routes. */
export function describeApi(vocabulary: Vocabulary): object {
  return {
    openapi: '3.0.3',
    info: {
      title: vocabulary.apiTitle,
      version: '1',
      description:
        'On AWS every request is signed (Signature Version 4, service execute-api). The server of one machine needs no signature. ' +
        `A body has at most ${MAX_BODY_BYTES} bytes, and no field twice. Other paths get 404 no-such-route, and from API Gateway 403 not-signed.`,
    },
    servers: [
      {
        url: 'https://{apiId}.execute-api.{region}.amazonaws.com/live',
        description: 'A deployment; the output ApiUrl of its service stack.',
        variables: { apiId: { default: 'a1b2c3d4e5' }, region: { default: 'us-east-1' } },
      },
      { url: 'http://127.0.0.1:3000', description: '`npm start`' },
    ],
    security: [{ signature: [] }],
    paths: Object.fromEntries(
      routesIn(vocabulary).map((route) => [
        route.path,
        { [route.method.toLowerCase()]: operationOf(route, vocabulary) },
      ]),
    ),
    components: {
      securitySchemes: {
        signature: {
          type: 'apiKey',
          name: 'Authorization',
          in: 'header',
          description: 'AWS Signature Version 4',
          'x-amazon-apigateway-authtype': 'awsSigv4',
        },
      },
      headers: {
        CorrelationId: {
          required: true,
          description: "The caller's X-Correlation-Id, or a generated one. Every log line of the request has it.",
          schema: { type: 'string', minLength: 1, maxLength: 64 },
        },
        RetryAfter: {
          required: true,
          description: 'Seconds after which the same request may succeed.',
          schema: { type: 'integer', minimum: 1 },
        },
      },
      schemas: { Problem: problem },
    },
  };
}

/** Every problem that a route can answer with, or a gateway before it. */
export function problemsOf({ row, request }: ApiRoute, vocabulary: Vocabulary): readonly DocumentedProblem[] {
  const own = problemCodes(row).map((code) => asAnswered(code, vocabulary.problems));
  const gateways = gatewayResponsesIn(vocabulary).filter(
    ({ status }) => status !== 404 && (request !== null || status !== 415),
  );
  return [...own, ...gateways, ...LOCAL_PROBLEMS];
}

function operationOf(route: ApiRoute, vocabulary: Vocabulary): object {
  const { operation, summary, request, answer, row } = route;
  const problems = problemsOf(route, vocabulary);
  const statuses = [...new Set(problems.map(({ status }) => status))].sort((a, b) => a - b);
  return {
    // `create-card` is the name of a function, which is the same in every domain.
    operationId: operation.replace('card', vocabulary.item),
    summary,
    parameters: [
      header(
        'X-Correlation-Id',
        `Used and returned if it has 1 to 64 of A-Z a-z 0-9 . _ : - and cannot be ${vocabulary.aNumber}.`,
      ),
      ...(row.access.secrets.includes('idempotency') ? [idempotencyKey] : []),
    ],
    ...(request === null ? {} : { requestBody: { required: true, ...json(schemaOf(request)) } }),
    responses: Object.fromEntries([
      ...row.successes.map((status) => [status, success(status, answer)] as const),
      ...statuses.map((status) => [status, failure(status, problems)] as const),
    ]),
  };
}

const idempotencyKey = {
  ...header(
    'Idempotency-Key',
    'The same key returns the same reference. A key belongs to the account and role, and is stored for a day.',
    { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]{1,255}$' },
  ),
  example: 'order-1',
};

const success = (status: number, answer: z.core.$ZodType): object => ({
  description: status === 201 ? 'Created.' : 'Success.',
  headers: headersOf(status),
  ...json(schemaOf(answer)),
});

function failure(status: number, problems: readonly DocumentedProblem[]): object {
  const meant = problems.filter((candidate) => candidate.status === status);
  const codes = [...new Set(meant.map(({ code }) => code))].sort();
  const [first = { title: '', code: '' }] = meant;
  return {
    description: `A problem (RFC 9457): ${codes.join(', ')}.`,
    headers: headersOf(status),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Problem' },
            { type: 'object', properties: { status: { enum: [status] }, code: { enum: codes } } },
          ],
        },
        example: {
          type: `urn:card-tokenization-pool:problem:${first.code}`,
          title: first.title,
          status,
          code: first.code,
          detail: 'For people.',
          correlationId: '5f0c1f5e-6d0e-4b7a-9a38-0d1f6a2b7c11',
        },
      },
    },
  };
}

const headersOf = (status: number): object => ({
  'X-Correlation-Id': { $ref: '#/components/headers/CorrelationId' },
  ...(TEMPORARY.includes(status) ? { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } } : {}),
});

const schemaOf = (schema: z.core.$ZodType): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'openapi-3.0' }) as Record<string, unknown>;
  return rest;
};

const json = (schema: object): object => ({ content: { 'application/json': { schema } } });

function header(name: string, description: string, schema: object = { type: 'string' }): object {
  return { name, in: 'header', required: false, description, schema };
}

const problem = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail', 'correlationId'],
  additionalProperties: false,
  properties: {
    type: { type: 'string', pattern: '^urn:card-tokenization-pool:problem:[a-z-]+$' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'Stable; for programs.' },
    detail: { type: 'string', description: 'For people. Never holds what was sent.' },
    correlationId: { type: 'string' },
  },
};
