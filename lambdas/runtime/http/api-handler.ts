import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import type * as z from 'zod/mini';
import type { RequestContext } from '../../tokenization/tokenizer.ts';
import { describe } from '../describe-error.ts';
import { logger } from '../logger.ts';
import { count, flushMetrics, time } from '../metrics.ts';
import { systemClock } from '../system-clock.ts';
import { correlationIdFrom } from './correlation-id.ts';
import { parseBody } from './parse-body.ts';
import { problemOf } from './problem.ts';

export interface ApiRequest<Body> {
  readonly body: Body;
  readonly context: RequestContext;
  /** A header by its lower-case name. */
  readonly header: (name: string) => string | undefined;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: object;
}

export interface Route<Schema extends z.core.$ZodType | null> {
  /** The route's name in logs and metrics. */
  readonly operation: string;
  readonly schema: Schema;
  /** Milliseconds a request may take; the function's own timeout may leave less. */
  readonly deadlineMs: number;
  readonly answer: (
    request: ApiRequest<Schema extends z.core.$ZodType ? z.core.output<Schema> : null>,
  ) => Promise<ApiAnswer>;
}

/** Time kept for turning a failure into an answer before the function's own timeout, in milliseconds. */
const ANSWER_MARGIN_MS = 300;

interface UnderWay {
  readonly startedMs: number;
  readonly correlationId: string;
  readonly caller: string;
}

/**
 * The one stack that every API handler runs in: correlation id, validation, deadline, problem answers, one log line and the metrics of each
 * request. Only the fields named here are logged; the event itself, which carries card numbers, never is.
 */
export function apiHandler<Schema extends z.core.$ZodType | null>(route: Route<Schema>) {
  const underWay = new WeakMap<APIGatewayProxyEvent, UnderWay>();

  const finish = (
    event: APIGatewayProxyEvent,
    response: APIGatewayProxyResult,
    code: string,
    cause?: unknown,
  ): void => {
    const request = underWay.get(event);
    const durationMs = request === undefined ? 0 : systemClock.monotonicMs() - request.startedMs;
    const line = {
      operation: route.operation,
      status: response.statusCode,
      code,
      durationMs: Math.round(durationMs * 10) / 10,
      correlationId: request?.correlationId,
      caller: request?.caller,
    };
    if (response.statusCode >= 500) logger.error('request failed', { ...line, error: describe(cause) });
    else logger.info('request', line);
    count('Requests', { operation: route.operation, status: String(response.statusCode) });
    time('RequestDuration', { operation: route.operation }, durationMs);
    flushMetrics();
  };

  return middy<APIGatewayProxyEvent, APIGatewayProxyResult, Error, Context>()
    .before(({ event }) => {
      underWay.set(event, {
        startedMs: systemClock.monotonicMs(),
        correlationId: correlationIdFrom(headerOf(event, 'x-correlation-id')),
        caller: event.requestContext.identity.userArn ?? 'local',
      });
    })
    .after(({ event, response }) => {
      if (response !== null && response !== undefined) finish(event, response, 'ok');
    })
    .onError((request) => {
      const correlationId = underWay.get(request.event)?.correlationId ?? correlationIdFrom(undefined);
      const { problem, retryAfterSeconds } = problemOf(request.error, correlationId);
      request.response = respond(problem.status, problem, correlationId, {
        'Content-Type': 'application/problem+json',
        ...(retryAfterSeconds === null ? {} : { 'Retry-After': String(retryAfterSeconds) }),
      });
      finish(request.event, request.response, problem.code, request.error);
    })
    .handler(async (event, lambda) => {
      const { startedMs, correlationId, caller } = underWay.get(event) as UnderWay;
      const timeLeftMs = Math.min(route.deadlineMs, lambda.getRemainingTimeInMillis() - ANSWER_MARGIN_MS);
      const { status, body } = await route.answer({
        body: (route.schema === null ? null : parseBody(route.schema, event)) as never,
        context: { deadlineMs: startedMs + timeLeftMs, correlationId, caller },
        header: (name) => headerOf(event, name),
      });
      return respond(status, body, correlationId, { 'Content-Type': 'application/json' });
    });
}

const respond = (
  statusCode: number,
  body: object,
  correlationId: string,
  headers: Readonly<Record<string, string>>,
): APIGatewayProxyResult => ({
  statusCode,
  headers: { ...headers, 'X-Correlation-Id': correlationId, 'Cache-Control': 'no-store' },
  body: JSON.stringify(body),
});

function headerOf(event: APIGatewayProxyEvent, name: string): string | undefined {
  for (const [key, value] of Object.entries(event.headers ?? {})) if (key.toLowerCase() === name) return value;
  return undefined;
}
