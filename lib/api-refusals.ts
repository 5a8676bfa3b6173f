import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';

interface Refusal {
  readonly type: ResponseType;
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly retryAfterSeconds?: number;
}

/** What API Gateway says by itself has the form of the API's own problems, and never quotes the request. */
export function addRefusals(restApi: RestApi): void {
  for (const { type, status, code, title, detail, retryAfterSeconds } of REFUSALS) {
    restApi.addGatewayResponse(`refusal-${type.responseType}`, {
      type,
      statusCode: String(status),
      responseHeaders: {
        'Content-Type': "'application/problem+json'",
        ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': `'${retryAfterSeconds}'` }),
      },
      templates: {
        'application/json': JSON.stringify({
          type: `urn:card-tokenization-pool:problem:${code}`,
          title,
          status,
          code,
          detail,
          correlationId: '$context.requestId',
        }),
      },
    });
  }
}

const REFUSALS: readonly Refusal[] = [
  {
    type: ResponseType.BAD_REQUEST_BODY,
    status: 400,
    code: 'invalid-input',
    title: 'The request cannot be used',
    detail:
      'The body must be a JSON object with the field that this route asks for, as text: cardNumber or cardReferenceId.',
  },
  {
    type: ResponseType.ACCESS_DENIED,
    status: 403,
    code: 'access-denied',
    title: 'Not allowed',
    detail: 'This caller has no right to this route.',
  },
  {
    type: ResponseType.MISSING_AUTHENTICATION_TOKEN,
    status: 403,
    code: 'not-signed',
    title: 'Not signed',
    detail: 'The request is not signed (Signature Version 4), or there is no such route.',
  },
  {
    type: ResponseType.THROTTLED,
    status: 429,
    code: 'too-many-requests',
    title: 'Too many requests',
    detail: 'More requests than this API takes at once.',
    retryAfterSeconds: 1,
  },
  {
    type: ResponseType.DEFAULT_5XX,
    status: 503,
    code: 'unavailable',
    title: 'Unavailable',
    detail: 'The service cannot answer now.',
    retryAfterSeconds: 1,
  },
];
