import type { JsonSchema, Model, RestApi } from 'aws-cdk-lib/aws-apigateway';
import * as z from 'zod/mini';
import type { ApiRoute } from '../../lambdas/api/routes.ts';

/**
 * API Gateway's look at a body before a function is started for it: an object with the field that the route asks for, as text. From the same schema
 * as the handler's validation, less what is said of the text itself: API Gateway quotes a text that does not match into its own log, and it
 * may well be a card number with a space too many. The handler looks at it and names the field without quoting it.
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
