import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { RequestOrigin } from '../../tokenization/callers/caller.ts';
import { InvalidInput } from '../../tokenization/errors.ts';

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const isAbsent = (value: unknown): boolean => value === undefined || value === null;

/**
 * The event as a request. Throws InvalidInput for what is none: a queue's records, a function URL's event, nothing at all. A function
 * that is invoked past the API can be given anything, and an unexpected failure would roll a release back.
 */
export function requestOf(event: unknown): APIGatewayProxyEvent {
  const { httpMethod, requestContext, body, headers } = fieldsOf(event);
  const isRequest =
    typeof httpMethod === 'string' &&
    typeof requestContext === 'object' &&
    requestContext !== null &&
    (isAbsent(body) || typeof body === 'string') &&
    (isAbsent(headers) || typeof headers === 'object');
  if (!isRequest) throw new InvalidInput('event', 'must be a request of API Gateway (REST API, payload version 1.0)');
  return event as APIGatewayProxyEvent;
}

/** A header by its lower-case name, from whatever the event is. */
export function headerOf(event: unknown, name: string): string | undefined {
  for (const [key, value] of Object.entries(fieldsOf(fieldsOf(event)['headers']))) {
    if (key.toLowerCase() === name && typeof value === 'string') return value;
  }
  return undefined;
}

/** Where a request came from, from whatever the event is. */
export function originOf(event: unknown, functionRequestId: unknown): RequestOrigin {
  const context = fieldsOf(fieldsOf(event)['requestContext']);
  return {
    sourceAddress: textOf(fieldsOf(context['identity'])['sourceIp']),
    gatewayRequestId: textOf(context['requestId']),
    gatewayExtendedRequestId: textOf(context['extendedRequestId']),
    functionRequestId: textOf(functionRequestId),
  };
}

/** The identity that API Gateway verified, if the event has one. */
export const identityOf = (event: APIGatewayProxyEvent): unknown => event.requestContext.identity;
