import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { type ApiRoute, ROUTES } from '../../lambdas/api/routes.ts';
import { Admission, type AdmissionSettings } from './admission.ts';

export type ApiFunction = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

/** Answers a request outside the API; `null` when it has no such route. */
export type SideRoute = (request: IncomingMessage, body: string) => Promise<{ status: number; body: unknown } | null>;

export interface Gateway {
  readonly url: string;
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly port: number;
  readonly functions: Readonly<Record<ApiRoute['operation'], ApiFunction>>;
  readonly sideRoute: SideRoute;
  readonly admission?: AdmissionSettings;
}

/** A thousand at once are served one after the other within a few seconds at TOME's rate. */
const DEFAULT_ADMISSION: AdmissionSettings = { concurrency: 100, maxWaitMs: 20_000 };

/** More than any route takes, so that the handlers' own limit is what answers. */
const MAX_BODY_BYTES = 16_384;
/** API Gateway's own limit, which a function's remaining time is counted down from, in milliseconds. */
const INTEGRATION_TIMEOUT_MS = 29_000;

/** Long enough that no client sends on a connection while it is being closed, in milliseconds. */
const IDLE_CONNECTION_MS = 65_000;

/** The caller of every local request. API Gateway takes it from the signature; no header or setting changes it here. */
const LOCAL_ACCOUNT = '000000000000';
const LOCAL_CALLER = `arn:aws:iam::${LOCAL_ACCOUNT}:user/local`;

/**
 * What API Gateway is on AWS: it makes the same events from the same route table and hands them to the same handlers, over HTTP on loopback.
 * Rejects when the port is in use.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { port, functions, sideRoute } = options;
  const admission = new Admission(options.admission ?? DEFAULT_ADMISSION);
  const server = createServer({ keepAliveTimeout: IDLE_CONNECTION_MS }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      process.stderr.write(`gateway: ${error instanceof Error ? error.stack : 'unknown error'}\n`);
      if (!response.headersSent) send(response, 500, {}, JSON.stringify({ message: 'Internal server error' }));
    });
  });

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? '/', 'http://gateway').pathname;
    const body = await readBody(request);
    const route = ROUTES.find((candidate) => candidate.method === request.method && candidate.path === path);
    if (route !== undefined) {
      if (!(await admission.enter()))
        return send(response, ...problem(429, 'too-many-requests', 'Too many requests at once.'));
      try {
        const result = await functions[route.operation](eventOf(request, route, body), lambdaContext(route.operation));
        return send(response, result.statusCode, (result.headers ?? {}) as Record<string, string>, result.body);
      } finally {
        admission.leave();
      }
    }
    const answer = await sideRoute(request, body);
    if (answer !== null)
      return send(response, answer.status, { 'Content-Type': 'application/json' }, JSON.stringify(answer.body));
    const allowed = ROUTES.filter((candidate) => candidate.path === path).map(({ method }) => method);
    return send(response, ...refusal(path, allowed));
  };

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', 4_096, resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 500).unref();
      await closed;
    },
  };
}

function eventOf(request: IncomingMessage, route: ApiRoute, body: string): APIGatewayProxyEvent {
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
    body: body === '' ? null : body,
    requestContext: {
      requestId: randomUUID(),
      accountId: LOCAL_ACCOUNT,
      identity: {
        userArn: LOCAL_CALLER,
        accountId: LOCAL_ACCOUNT,
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
      },
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

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refusal(path: string, allowed: readonly string[]): Reply {
  if (allowed.length === 0) return problem(404, 'no-such-route', 'The routes are in the README.');
  return problem(405, 'method-not-allowed', `${path} takes ${allowed.join(', ')}.`, { Allow: allowed.join(', ') });
}

type Reply = [status: number, headers: Record<string, string>, body: string];

const TITLES: Readonly<Record<number, string>> = {
  404: 'No such route',
  405: 'Method not allowed',
  429: 'Too many requests',
};

/** What API Gateway says by itself, in the form of the API's own problems. */
function problem(status: number, code: string, detail: string, headers: Readonly<Record<string, string>> = {}): Reply {
  const correlationId = randomUUID();
  const body = {
    type: `urn:card-tokenization-pool:problem:${code}`,
    title: TITLES[status],
    status,
    code,
    detail,
    correlationId,
  };
  const retry = status === 429 ? { 'Retry-After': '1' } : {};
  const all = { 'Content-Type': 'application/problem+json', 'X-Correlation-Id': correlationId, ...retry, ...headers };
  return [status, all, JSON.stringify(body)];
}

function send(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>, body: string): void {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body);
}
