import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { GATEWAY_RESPONSES } from '../../lambdas/api/gateway-responses.ts';

/**
 * Gives the answers that API Gateway itself creates the problem format of this API. They never
 * quote the request, which can contain a card number.
 */
export function addGatewayResponses(restApi: RestApi): void {
  for (const { conditions, status, code, title, detail, retryAfterSeconds } of GATEWAY_RESPONSES) {
    for (const condition of conditions) {
      restApi.addGatewayResponse(`refusal-${condition}`, {
        type: ResponseType.of(condition),
        statusCode: String(status),
        responseHeaders: {
          'Content-Type': "'application/problem+json'",
          'Cache-Control': "'no-store'",
          'X-Correlation-Id': 'context.requestId',
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
}
