import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { type ApiRoute, routesIn } from '../../lambdas/api/routes.ts';
import type { RouteName } from '../../lambdas/functions.ts';
import { VOCABULARIES, type Vocabulary } from '../../lambdas/vocabulary.ts';
import { writeAnswer } from '../program/loopback/connection-faults.ts';
import { type ReceivedRequest, startLoopbackServer } from '../program/loopback/loopback-server.ts';
import { type HttpAnswer, problemAnswer } from '../program/loopback/problem-answer.ts';
import { ConcurrencyLimit, type ConcurrencyLimitSettings } from './concurrency-limit.ts';

export type ApiFunction = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

/** Answers a request to a route outside the API; `null` when the route does not exist. */
export type SideRoute = (request: ReceivedRequest) => Promise<{ status: number; body: unknown } | null>;

export interface Gateway {
  readonly url: string;
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly port: number;
  readonly functions: Readonly<Record<RouteName, ApiFunction>>;
  /** The words of the routes, in which the functions read and answer. By default those of cards. */
  readonly vocabulary?: Vocabulary;
  readonly sideRoute: SideRoute;
  readonly concurrencyLimit?: ConcurrencyLimitSettings;
  /** How long a client may take to send one request, in milliseconds. */
  readonly requestTimeoutMs?: number;
}

/** A thousand requests at once are served within a few seconds at the rate that TOME allows. */
const DEFAULT_LIMIT: ConcurrencyLimitSettings = { concurrency: 100, maxWaitMs: 20_000 };

/** The limit of API Gateway. The handlers have a much lower limit, and their answer names it. */
const MAX_BODY_BYTES = 10 * 1_024 * 1_024;

/**
 * The integration timeout of API Gateway in milliseconds. A function counts its remaining time down
 * from it.
 */
const INTEGRATION_TIMEOUT_MS = 29_000;

/**
 * The caller of every local request. On AWS API Gateway takes it from the signature; here no header
 * or setting changes it.
 */
const LOCAL_ACCOUNT = '000000000000';
const LOCAL_CALLER = `arn:aws:iam::${LOCAL_ACCOUNT}:user/local`;

/**
 * Replaces API Gateway on one machine: creates the same events from the same table of routes, and
 * calls the same handlers. Rejects when the port is in use.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { port, functions, vocabulary = VOCABULARIES.card, sideRoute, requestTimeoutMs } = options;
  const served = routesIn(vocabulary);
  const limit = new ConcurrencyLimit(options.concurrencyLimit ?? DEFAULT_LIMIT);

  const answerTo = async (request: ReceivedRequest): Promise<HttpAnswer> => {
    const routes = served.filter(({ path }) => path === request.path);
    const route = routes.find(({ method }) => method === request.method);
    if (route !== undefined) {
      if (!(await limit.acquire()))
        return problemAnswer(429, 'too-many-requests', 'Too many requests at once.', { 'Retry-After': '1' });
      try {
        const result = await functions[route.operation](eventOf(request, route), lambdaContext(route.operation));
        const headers = (result.headers ?? {}) as Record<string, string>;
        return { status: result.statusCode, headers, body: result.body };
      } finally {
        limit.release();
      }
    }
    const answer = await sideRoute(request);
    if (answer !== null) {
      const headers = { 'Content-Type': 'application/json' };
      return { status: answer.status, headers, body: JSON.stringify(answer.body) };
    }
    return refusal(
      routes.map(({ method }) => method),
      vocabulary,
    );
  };

  return startLoopbackServer({
    port,
    maxBodyBytes: MAX_BODY_BYTES,
    ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
    serve: async (request, response) => writeAnswer(response, await answerTo(request)),
  });
}

function eventOf(request: ReceivedRequest, route: ApiRoute): APIGatewayProxyEvent {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
  return {
    resource: route.path,
    path: route.path,
    httpMethod: route.method,
    headers,
    multiValueHeaders: {},
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    isBase64Encoded: false,
    body: request.body === '' ? null : request.body,
    requestContext: {
      requestId: randomUUID(),
      accountId: LOCAL_ACCOUNT,
      identity: { userArn: LOCAL_CALLER, accountId: LOCAL_ACCOUNT, sourceIp: request.sourceIp },
    } as APIGatewayProxyEvent['requestContext'],
  };
}

/** The part of the Lambda context that handlers use. */
export function lambdaContext(functionName: string, timeoutMs = INTEGRATION_TIMEOUT_MS): Context {
  const endsMs = performance.now() + timeoutMs;
  return {
    functionName,
    awsRequestId: randomUUID(),
    getRemainingTimeInMillis: () => endsMs - performance.now(),
  } as Context;
}

/** The answer does not repeat the path, because it may contain a card number. */
function refusal(allowed: readonly string[], { apiFile }: Vocabulary): HttpAnswer {
  if (allowed.length === 0) {
    return problemAnswer(404, 'no-such-route', `No such route. ${apiFile} lists all routes of the API.`);
  }
  const methods = allowed.join(', ');
  return problemAnswer(405, 'method-not-allowed', `This route takes ${methods}.`, { Allow: methods });
}
