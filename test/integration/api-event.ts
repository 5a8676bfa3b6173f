import type { APIGatewayProxyResult, Context } from 'aws-lambda';
import { lambdaContext } from '../../scripts/local/gateway.ts';

/** The handler of an API function. The event can be anything, as in an invocation by Lambda. */
export type ApiHandler = (event: unknown, context: Context) => Promise<APIGatewayProxyResult>;

export interface HandlerAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** The event of API Gateway for a request of this principal. */
export const apiEvent = (userArn: string | null, body: unknown, headers: Readonly<Record<string, string>> = {}) => ({
  resource: '/v1/cards',
  path: '/v1/cards',
  httpMethod: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  isBase64Encoded: false,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  requestContext: {
    requestId: 'gateway-request',
    extendedRequestId: 'gateway-extended',
    identity: { userArn, sourceIp: '198.51.100.7' },
  },
});

export async function invoke(handler: ApiHandler, event: unknown): Promise<HandlerAnswer> {
  const { statusCode, headers = {}, body } = await handler(event, lambdaContext('function'));
  return { status: statusCode, headers, body: JSON.parse(body), text: body };
}

/** The ARN of a session of an assumed role. */
export const assumed = (account: string, role: string, session: string): string =>
  `arn:aws:sts::${account}:assumed-role/${role}/${session}`;
