import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { type ApiRoute, ROUTES } from '../../lambdas/api/routes.ts';
import type { RouteName } from '../../lambdas/functions.ts';
import { writeAnswer } from '../program/loopback/connection-faults.ts';
import { type ReceivedRequest, startLoopbackServer } from '../program/loopback/loopback-server.ts';
import { type HttpAnswer, problemAnswer } from '../program/loopback/problem-answer.ts';
import { Admission, type AdmissionSettings } from './admission.ts';

export type ApiFunction = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

/** Answers a request outside the API; `null` when it has no such route. */
export type SideRoute = (request: ReceivedRequest) => Promise<{ status: number; body: unknown } | null>;

export interface Gateway {
  readonly url: string;
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly port: number;
  readonly functions: Readonly<Record<RouteName, ApiFunction>>;
  readonly sideRoute: SideRoute;
  readonly admission?: AdmissionSettings;
  /** How long a client may take to send one request, in milliseconds. */
  readonly requestTimeoutMs?: number;
}

/** A thousand at once are served one after the other within a few seconds at TOME's rate. */
const DEFAULT_ADMISSION: AdmissionSettings = { concurrency: 100, maxWaitMs: 20_000 };

/** API Gateway's own limit. The handlers refuse much smaller bodies, and their refusal names their limit. */
const MAX_BODY_BYTES = 10 * 1_024 * 1_024;

/** API Gateway's own limit, which a function's remaining time is counted down from, in milliseconds. */
const INTEGRATION_TIMEOUT_MS = 29_000;

/** The caller of every local request. API Gateway takes it from the signature; no header or setting changes it here. */
const LOCAL_ACCOUNT = '000000000000';
const LOCAL_CALLER = `arn:aws:iam::${LOCAL_ACCOUNT}:user/local`;

/**
 * What API Gateway is on AWS: it makes the same events from the same route table and hands them to the same handlers, over HTTP on loopback.
 * Rejects when the port is in use.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { port, functions, sideRoute, requestTimeoutMs } = options;
  const admission = new Admission(options.admission ?? DEFAULT_ADMISSION);

  const answerTo = async (request: ReceivedRequest): Promise<HttpAnswer> => {
    const routes = ROUTES.filter(({ path }) => path === request.path);
    const route = routes.find(({ method }) => method === request.method);
    if (route !== undefined) {
      if (!(await admission.enter()))
        return problemAnswer(429, 'too-many-requests', 'Too many requests at once.', { 'Retry-After': '1' });
      try {
        const result = await functions[route.operation](eventOf(request, route), lambdaContext(route.operation));
        const headers = (result.headers ?? {}) as Record<string, string>;
        return { status: result.statusCode, headers, body: result.body };
      } finally {
        admission.leave();
      }
    }
    const answer = await sideRoute(request);
    if (answer !== null) {
      const headers = { 'Content-Type': 'application/json' };
      return { status: answer.status, headers, body: JSON.stringify(answer.body) };
    }
    return refusal(routes.map(({ method }) => method));
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

/** What a handler may ask of its Lambda. */
export function lambdaContext(functionName: string, timeoutMs = INTEGRATION_TIMEOUT_MS): Context {
  const endsMs = performance.now() + timeoutMs;
  return {
    functionName,
    awsRequestId: randomUUID(),
    getRemainingTimeInMillis: () => endsMs - performance.now(),
  } as Context;
}

/** A path is not repeated in the refusal: it may hold a card number. */
function refusal(allowed: readonly string[]): HttpAnswer {
  if (allowed.length === 0) {
    return problemAnswer(404, 'no-such-route', 'No such route. docs/openapi.json lists all routes of the API.');
  }
  const methods = allowed.join(', ');
  return problemAnswer(405, 'method-not-allowed', `This route takes ${methods}.`, { Allow: methods });
}
