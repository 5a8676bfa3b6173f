import { inWordsOf, type Vocabulary } from '../vocabulary.ts';

/**
 * An answer of API Gateway itself, before or instead of a function. CDK and the published OpenAPI
 * file use this list.
 */
export interface GatewayResponse {
  /** Response types of API Gateway. */
  readonly conditions: readonly string[];
  readonly status: number;
  readonly code: string;
  readonly title: string;
  /** Replaces API Gateway's text, which for a wrong signature quotes the whole request. */
  readonly detail: string;
  readonly retryAfterSeconds?: number;
}

/** The answers of API Gateway in the words of a producer domain. */
export const gatewayResponsesIn = (vocabulary: Vocabulary): readonly GatewayResponse[] =>
  RESPONSES.map((response) => ({ ...response, detail: inWordsOf(vocabulary, response.detail) }));

/** The details have words of the vocabulary in braces. */
const RESPONSES: readonly GatewayResponse[] = [
  {
    conditions: ['BAD_REQUEST_BODY', 'BAD_REQUEST_PARAMETERS', 'DEFAULT_4XX'],
    status: 400,
    code: 'invalid-input',
    title: 'The request cannot be used',
    detail: 'The body must be a JSON object with the field of this route, as text: {sourceField} or {referenceField}.',
  },
  {
    conditions: ['ACCESS_DENIED', 'UNAUTHORIZED', 'INVALID_API_KEY'],
    status: 403,
    code: 'access-denied',
    title: 'Not allowed',
    detail: 'This caller has no right to this route.',
  },
  {
    conditions: ['MISSING_AUTHENTICATION_TOKEN'],
    status: 403,
    code: 'not-signed',
    title: 'Not signed',
    detail: 'The request is not signed (Signature Version 4), or there is no such route.',
  },
  {
    conditions: ['INVALID_SIGNATURE'],
    status: 403,
    code: 'signature-invalid',
    title: 'Wrong signature',
    detail:
      'The signature does not fit the request. Check the secret key, the region, the service execute-api and the clock.',
  },
  {
    conditions: ['EXPIRED_TOKEN'],
    status: 403,
    code: 'credentials-expired',
    title: 'Credentials expired',
    detail: 'The session token has expired. Get new credentials and send the request again.',
  },
  {
    conditions: ['WAF_FILTERED'],
    status: 403,
    code: 'blocked-by-firewall',
    title: 'Blocked',
    detail: 'The firewall blocks this request, or this address or session sends too many.',
  },
  {
    conditions: ['RESOURCE_NOT_FOUND'],
    status: 404,
    code: 'no-such-route',
    title: 'No such route',
    detail: 'No such route. {apiFile} lists all routes of the API.',
  },
  {
    conditions: ['REQUEST_TOO_LARGE'],
    status: 413,
    code: 'body-too-large',
    title: 'Request too large',
    detail: 'The request is larger than API Gateway accepts.',
  },
  {
    conditions: ['UNSUPPORTED_MEDIA_TYPE'],
    status: 415,
    code: 'unsupported-media-type',
    title: 'Unsupported media type',
    detail: 'The body must be application/json.',
  },
  {
    conditions: ['THROTTLED', 'QUOTA_EXCEEDED'],
    status: 429,
    code: 'too-many-requests',
    title: 'Too many requests',
    detail: 'The API receives more requests than it accepts at once.',
    retryAfterSeconds: 1,
  },
  {
    conditions: [
      'DEFAULT_5XX',
      'INTEGRATION_FAILURE',
      'INTEGRATION_TIMEOUT',
      'API_CONFIGURATION_ERROR',
      'AUTHORIZER_CONFIGURATION_ERROR',
      'AUTHORIZER_FAILURE',
    ],
    status: 503,
    code: 'unavailable',
    title: 'Unavailable',
    detail: 'The service cannot answer now.',
    retryAfterSeconds: 1,
  },
];
