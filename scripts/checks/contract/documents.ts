import * as z from 'zod/mini';
import {
  CONTRACT_VERSION,
  errorAnswer,
  LANES,
  NAMESPACES,
  OPERATIONS,
  schemas,
} from '../../../lambdas/tome/contract/contract.ts';
import { pathOf } from '../../../lambdas/tome/profile/path-of.ts';
import { readTomeProfile } from '../../../lambdas/tome/profile/read-profile.ts';

export const CONTRACT_FILE = 'lambdas/tome/contract/openapi.json';

const schemaOf = (schema: z.core.$ZodType): object => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'openapi-3.0' }) as Record<string, unknown>;
  return rest;
};
const json = (schema: object): object => ({ content: { 'application/json': { schema } } });
const header = (name: string, description: string, schema: object = { type: 'string' }): object => ({
  name,
  in: 'header',
  required: false,
  description,
  schema,
});

const CONFLICT =
  'already-bound with the bound token, or token-taken. ' +
  'With a token, a TOME whose answers show the item must repeat the source of the request.';

const laneHeader = (name: string): object =>
  header(name, 'Whether a caller waits for the answer; for statistics only.', { type: 'string', enum: LANES });

/**
 * TOME's contract as far as this project uses it, with the paths and headers of the profile
 * `simulator`.
 */
export function contractDocument(): object {
  const read = readTomeProfile('simulator');
  if ('faults' in read) throw new Error(read.faults.join(', '));
  const { profile } = read;
  const refusal = (description: string) => ({ description, ...json(schemaOf(errorAnswer)) });
  const paths = NAMESPACES.flatMap((namespace) =>
    OPERATIONS.map((operation) => [
      pathOf(profile, namespace, operation),
      {
        post: {
          operationId: `${namespace}-${operation}`,
          parameters: [
            header(profile.headers.requestId, 'Repeated in the answer.'),
            header(profile.headers.correlationId, 'For logs.'),
            ...(profile.headers.lane === null ? [] : [laneHeader(profile.headers.lane)]),
          ],
          requestBody: { required: true, ...json(schemaOf(schemas[operation].request)) },
          responses: {
            '200': { description: 'The answer.', ...json(schemaOf(schemas[operation].answer)) },
            '400': refusal('bad-request.'),
            '404': refusal('not-found, or operation-absent.'),
            '409': refusal(CONFLICT),
            '429': refusal('rate-limited, with Retry-After in seconds.'),
            '503': refusal('unavailable.'),
          },
        },
      },
    ]),
  );
  return {
    openapi: '3.0.3',
    info: { title: 'TOME, as the card tokenization pool expects it', version: CONTRACT_VERSION },
    paths: Object.fromEntries(paths),
  };
}
