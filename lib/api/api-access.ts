import { AccountPrincipal, AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type ApiRoute, ROUTES } from '../../lambdas/api/routes.ts';
import type { Consumer } from '../environments/environment.ts';

export const API_STAGE = 'live';

/**
 * What only the named roles may touch: every stage and method, and every way of writing the path. A policy compares texts, so a trailing
 * or doubled slash, another stage or method, or an escaped character would otherwise be another resource, which this account's
 * administrators may invoke. API Gateway's paths are case-sensitive; the usual spellings in capitals are denied all the same.
 */
const ANYWHERE_NEAR_DETOKENIZE = [
  'execute-api:/*/v1/references/*',
  'execute-api:/*eferences*',
  'execute-api:/*EFERENCES*',
  'execute-api:/*etokenize*',
  'execute-api:/*ETOKENIZE*',
  'execute-api:/*%*',
];

/**
 * Who of another account may call what (the API's resource policy). This account's own callers are let in by the managed policies of
 * caller-policies.ts. Card numbers are shown only to the roles that consumers name for it: everybody else is refused by a Deny, which
 * no policy of anybody's own can lift.
 */
export function apiAccess(consumers: readonly Consumer[]): PolicyDocument {
  const readers = consumers.flatMap(({ account, detokenizeRoles }) =>
    detokenizeRoles.map((role) => ({ account, arn: `arn:aws:iam::${account}:role/${role}` })),
  );
  return new PolicyDocument({
    statements: [
      // Without names of their own, so that CDK joins those of consumers that may use the same routes.
      ...consumers
        .filter(({ operations }) => operations.length > 0)
        .map(({ account, operations }) => invocation([account], operations)),
      ...(readers.length === 0
        ? []
        : [
            // A role that does not exist yet may not be named as a principal; its ARN as a condition may.
            invocation(
              readers.map(({ account }) => account),
              ['detokenize'],
              { ArnEquals: { 'aws:PrincipalArn': readers.map(({ arn }) => arn) } },
            ),
          ]),
      new PolicyStatement({
        sid: 'NobodyElseDetokenizes',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['execute-api:Invoke'],
        resources: ANYWHERE_NEAR_DETOKENIZE,
        ...(readers.length === 0
          ? {}
          : { conditions: { ArnNotEquals: { 'aws:PrincipalArn': readers.map(({ arn }) => arn) } } }),
      }),
    ],
  });
}

const invocation = (
  accounts: readonly string[],
  operations: readonly ApiRoute['operation'][],
  conditions?: PolicyStatement['conditions'],
) =>
  new PolicyStatement({
    principals: [...new Set(accounts)].map((account) => new AccountPrincipal(account)),
    actions: ['execute-api:Invoke'],
    resources: operations.map(invocationOf),
    ...(conditions === undefined ? {} : { conditions }),
  });

/** One method of one route, and nothing beside it. */
function invocationOf(operation: ApiRoute['operation']): string {
  const route = ROUTES.find((candidate) => candidate.operation === operation);
  if (route === undefined) throw new Error(`There is no route ${operation}.`);
  return `execute-api:/${API_STAGE}/${route.method}${route.path}`;
}
