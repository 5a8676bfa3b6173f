import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { gatewayResponsesIn } from '../../lambdas/api/gateway-responses.ts';
import type { Vocabulary } from '../../lambdas/vocabulary.ts';

/**
 * Formats API Gateway's own answers, such as 403 and 429, like the problems of this API. They never
 * quote the request, which can contain a card number.
 */
export function addGatewayResponses(restApi: RestApi, vocabulary: Vocabulary): void {
  for (const { conditions, status, code, title, detail, retryAfterSeconds } of gatewayResponsesIn(vocabulary)) {
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
