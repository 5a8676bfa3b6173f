import middy from '@middy/core';
import type { APIGatewayProxyResult, Context } from 'aws-lambda';
import type { RouteName } from '../../functions.ts';
import type { RequestBody, RequestSchema, RouteAnswer } from '../../route-bodies.ts';
import { type Caller, callerName, type RequestOrigin } from '../../tokenization/callers/caller.ts';
import { OutOfTime } from '../../tokenization/errors.ts';
import type { RequestContext } from '../../tokenization/tokenizer.ts';
import type { Vocabulary } from '../../vocabulary.ts';
import { recordRefusal } from '../logging/audit.ts';
import { describe } from '../logging/describe-error.ts';
import { logger } from '../logging/logger.ts';
import { VerifiedIdentity } from '../logging/redacted-log-value.ts';
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

export interface Route<Name extends RouteName> {
  /** The route's row in functions.ts, and its name in logs and metrics. */
  readonly operation: Name;
  /** The words of the answers. The schema must be in the same words. */
  readonly vocabulary: Vocabulary;
  readonly schema: RequestSchema<Name>;
  /** Milliseconds for one request. The timeout of the function can leave less. */
  readonly deadlineMs: number;
  /** Requests per second of one caller in this process. No limit when absent or 0. */
  readonly requestsPerSecond?: number;
  /**
   * For a route that discloses card numbers: the requested reference. The handler writes an audit
   * record for every answer that discloses nothing.
   */
  readonly auditedReference?: (body: RequestBody<Name>) => string;
  readonly answer: (request: ApiRequest<RequestBody<Name>>) => Promise<RouteAnswer<Name>>;
}

/** Milliseconds before the function's timeout that are reserved for answering an error. */
const ANSWER_MARGIN_MS = 300;

/** The state of one invocation: its event, and the parts of the request that are known so far. */
class Invocation {
  readonly event: unknown;
  readonly startedMs = systemClock.monotonicMs();
  readonly correlationId: string;
  readonly origin: RequestOrigin;
  caller: Caller | null = null;
  /** The reference that a disclosing route was asked for, after the body was parsed. */
  reference: string | null = null;

  constructor(event: unknown, lambda: Context) {
    this.event = event;
    this.correlationId = correlationIdFrom(headerOf(event, 'x-correlation-id'));
    this.origin = originOf(event, lambda?.awsRequestId);
  }
}

/**
 * Runs every API handler: correlation id, caller, validation, deadline, error answers, one log line
 * and metrics for each request. It logs only the fields named here and never the event, which
 * contains card numbers.
 */
export function apiHandler<Name extends RouteName>(route: Route<Name>) {
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
      caller: caller === null ? null : new VerifiedIdentity(callerName(caller)),
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
      const { problem, retryAfterSeconds } = problemOf(request.error, correlationId, route.vocabulary.problems);
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
      // Answer before any work starts, because the function could time out in the middle of it.
      if (timeLeftMs <= 0) throw new OutOfTime();
      const asked = (route.schema === null ? null : parseBody(route.schema, event)) as RequestBody<Name>;
      invocation.reference = route.auditedReference?.(asked) ?? null;
      const { status, body } = await route.answer({
        body: asked,
        context: { deadlineMs: startedMs + timeLeftMs, correlationId, caller, origin },
        header: (name) => headerOf(event, name),
      });
      return respond(status, named(body, route.vocabulary), correlationId, { 'Content-Type': 'application/json' });
    });
  return (event: unknown, lambda: Context): Promise<APIGatewayProxyResult> =>
    stack(new Invocation(event, lambda), lambda);
}

/** A body of an answer with the names that the vocabulary gives to its fields. */
const named = (body: object, { fields }: Vocabulary): object =>
  Object.fromEntries(
    Object.entries(body).map(([field, value]) => [
      Object.hasOwn(fields, field) ? fields[field as keyof typeof fields].name : field,
      value,
    ]),
  );

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
