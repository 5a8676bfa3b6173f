import middy from '@middy/core';
import type { APIGatewayProxyResult, Context } from 'aws-lambda';
import type * as z from 'zod/mini';
import { type Caller, callerName, type RequestOrigin } from '../../tokenization/callers/caller.ts';
import { OutOfTime } from '../../tokenization/errors.ts';
import type { RequestContext } from '../../tokenization/tokenizer.ts';
import { recordRefusal } from '../logging/audit.ts';
import { describe } from '../logging/describe-error.ts';
import { logger } from '../logging/logger.ts';
import { count, flushMetrics, time } from '../metrics.ts';
import { systemClock } from '../system-clock.ts';
import { headerOf, identityOf, originOf, requestOf } from './api-event.ts';
import { callerOfIdentity } from './caller-of-identity.ts';
import { CallerThrottle } from './caller-throttle.ts';
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

type BodyOf<Schema> = Schema extends z.core.$ZodType ? z.core.output<Schema> : null;

export interface Route<Schema extends z.core.$ZodType | null> {
  /** The route's name in logs and metrics. */
  readonly operation: string;
  readonly schema: Schema;
  /** Milliseconds a request may take; the function's own timeout may leave less. */
  readonly deadlineMs: number;
  /** Requests that this process serves one caller in a second; without it, or at 0, there is no limit. */
  readonly requestsPerSecond?: number;
  /** For a route that discloses card numbers: what it was asked for. Every answer without one then leaves an audit record. */
  readonly auditedReference?: (body: BodyOf<Schema>) => string;
  readonly answer: (request: ApiRequest<BodyOf<Schema>>) => Promise<ApiAnswer>;
}

/** Time kept for turning a failure into an answer before the function's own timeout, in milliseconds. */
const ANSWER_MARGIN_MS = 300;

/** One invocation: the event, and what is known of its request so far. A new object each time, whatever the event is. */
class Invocation {
  readonly event: unknown;
  readonly startedMs = systemClock.monotonicMs();
  readonly correlationId: string;
  readonly origin: RequestOrigin;
  caller: Caller | null = null;
  /** What a disclosing route was asked for, once the body is read. */
  reference: string | null = null;

  constructor(event: unknown, lambda: Context) {
    this.event = event;
    this.correlationId = correlationIdFrom(headerOf(event, 'x-correlation-id'));
    this.origin = originOf(event, lambda?.awsRequestId);
  }
}

/**
 * The one stack that every API handler runs in: correlation id, caller, validation, deadline, problem answers, one log line and the
 * metrics of each request. Only the fields named here are logged; the event itself, which carries card numbers, never is.
 */
export function apiHandler<Schema extends z.core.$ZodType | null>(route: Route<Schema>) {
  const finish = (
    { startedMs, correlationId, caller, origin, reference: cardReference }: Invocation,
    response: APIGatewayProxyResult,
    code: string,
    cause?: unknown,
  ): void => {
    const durationMs = systemClock.monotonicMs() - startedMs;
    const line = {
      operation: route.operation,
      status: response.statusCode,
      code,
      durationMs: Math.round(durationMs * 10) / 10,
      correlationId,
      gatewayRequestId: origin.gatewayRequestId,
      functionRequestId: origin.functionRequestId,
      caller: caller === null ? null : callerName(caller),
    };
    if (response.statusCode >= 500) logger.error('request failed', { ...line, error: describe(cause) });
    else logger.info('request', line);
    if (route.auditedReference !== undefined && code !== 'ok') {
      recordRefusal({ status: response.statusCode, code, cardReference, correlationId, caller, origin });
    }
    count('Requests', { operation: route.operation, status: String(response.statusCode) });
    time('RequestDuration', { operation: route.operation }, durationMs);
    flushMetrics();
  };

  const throttle = new CallerThrottle(route.requestsPerSecond ?? 0, systemClock);
  const stack = middy<Invocation, APIGatewayProxyResult, Error, Context>()
    .after(({ event: invocation, response }) => {
      if (response !== null && response !== undefined) finish(invocation, response, 'ok');
    })
    .onError((request) => {
      const { correlationId } = request.event;
      const { problem, retryAfterSeconds } = problemOf(request.error, correlationId);
      request.response = respond(problem.status, problem, correlationId, {
        'Content-Type': 'application/problem+json',
        ...(retryAfterSeconds === null ? {} : { 'Retry-After': String(retryAfterSeconds) }),
      });
      finish(request.event, request.response, problem.code, request.error);
    })
    .handler(async (invocation, lambda) => {
      const event = requestOf(invocation.event);
      const caller = callerOfIdentity(identityOf(event));
      invocation.caller = caller;
      throttle.admit(caller);
      const { startedMs, correlationId, origin } = invocation;
      const timeLeftMs = Math.min(route.deadlineMs, lambda.getRemainingTimeInMillis() - ANSWER_MARGIN_MS);
      // Before anything is begun that could not be ended: an answer now is better than a timeout of the function later.
      if (timeLeftMs <= 0) throw new OutOfTime();
      const asked = (route.schema === null ? null : parseBody(route.schema, event)) as BodyOf<Schema>;
      invocation.reference = route.auditedReference?.(asked) ?? null;
      const { status, body } = await route.answer({
        body: asked,
        context: { deadlineMs: startedMs + timeLeftMs, correlationId, caller, origin },
        header: (name) => headerOf(event, name),
      });
      return respond(status, body, correlationId, { 'Content-Type': 'application/json' });
    });
  return (event: unknown, lambda: Context): Promise<APIGatewayProxyResult> =>
    stack(new Invocation(event, lambda), lambda);
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
