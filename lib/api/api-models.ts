import type { JsonSchema, Model, RestApi } from 'aws-cdk-lib/aws-apigateway';
import * as z from 'zod/mini';
import type { ApiRoute } from '../../lambdas/api/routes.ts';

/**
 * The model with which API Gateway validates a body before it starts a function: an object with the
 * required field, as text. The model has no pattern or length, because API Gateway writes a value
 * that does not match into its own log, and that value can be a mistyped card number. The handler
 * validates the value with the whole schema and does not quote it.
 */
export function addRequestModel(restApi: RestApi, { operation }: ApiRoute, request: z.core.$ZodType): Model {
  const { type, required, properties } = z.toJSONSchema(request, { target: 'draft-4' });
  return restApi.addModel(`${operation}-request`, {
    contentType: 'application/json',
    schema: {
      type,
      required,
      properties: Object.fromEntries(
        Object.entries(properties ?? {}).map(([field, property]) => [field, { type: typeOf(property) }]),
      ),
    } as JsonSchema,
  });
}

const typeOf = (property: unknown): unknown => (property as { readonly type?: unknown }).type;
