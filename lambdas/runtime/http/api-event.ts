import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { RequestOrigin } from '../../tokenization/callers/caller.ts';
import { InvalidInput } from '../../tokenization/errors.ts';

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const isAbsent = (value: unknown): boolean => value === undefined || value === null;

/**
 * Returns the event as an API request. Throws InvalidInput for any other event, such as SQS records
 * or a function URL's event. A direct invocation can pass any event, and an unexpected error (500)
 * would roll back a release.
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

/** A header by its lower-case name, from an event of any form. */
export function headerOf(event: unknown, name: string): string | undefined {
  for (const [key, value] of Object.entries(fieldsOf(fieldsOf(event)['headers']))) {
    if (key.toLowerCase() === name && typeof value === 'string') return value;
  }
  return undefined;
}

/** Source address and request ids, from an event of any form. */
export function originOf(event: unknown, functionRequestId: unknown): RequestOrigin {
  const context = fieldsOf(fieldsOf(event)['requestContext']);
  return {
    sourceAddress: textOf(fieldsOf(context['identity'])['sourceIp']),
    gatewayRequestId: textOf(context['requestId']),
    gatewayExtendedRequestId: textOf(context['extendedRequestId']),
    functionRequestId: textOf(functionRequestId),
  };
}

/** The identity that API Gateway verified, if any. */
export const identityOf = (event: APIGatewayProxyEvent): unknown => event.requestContext.identity;
