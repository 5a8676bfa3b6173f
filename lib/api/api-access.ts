import { AccountPrincipal, AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { returnsSources, routeIn, routesIn } from '../../lambdas/api/routes.ts';
import type { RouteName } from '../../lambdas/functions.ts';
import type { Vocabulary } from '../../lambdas/vocabulary.ts';
import type { Consumer } from '../environments/environment.ts';

export const API_STAGE = 'live';

/**
 * Resources that only the named roles may use: detokenize in every stage, with every method and in
 * every spelling of its path. A policy compares texts. Without these patterns an administrator of
 * this account could use another stage, method or spelling, such as a trailing slash or an escaped
 * character. Paths are case-sensitive; spellings in capitals are denied too.
 */
const DETOKENIZE_SPELLINGS = [
  'execute-api:/*/v1/references/*',
  'execute-api:/*eferences*',
  'execute-api:/*EFERENCES*',
  'execute-api:/*etokenize*',
  'execute-api:/*ETOKENIZE*',
  'execute-api:/*%*',
];

/**
 * The resource policy of the API, which allows routes to other accounts. Callers of this account
 * need a managed policy (caller-policies.ts). Only roles that a consumer names may detokenize: a
 * Deny refuses all others, and no other policy can override a Deny.
 */
export function apiAccess(consumers: readonly Consumer[], vocabulary: Vocabulary): PolicyDocument {
  const resourcesOf = (operations: readonly RouteName[]): string[] =>
    operations.map((operation) => {
      const { method, path } = routeIn(vocabulary, operation);
      return `execute-api:/${API_STAGE}/${method}${path}`;
    });
  const readers = consumers.flatMap(({ account, detokenizeRoles }) =>
    detokenizeRoles.map((role) => ({ account, arn: `arn:aws:iam::${account}:role/${role}` })),
  );
  return new PolicyDocument({
    statements: [
      // Without a sid, so that CDK merges the statements of consumers with the same routes.
      ...consumers
        .filter(({ operations }) => operations.length > 0)
        .map(({ account, operations }) => invocation([account], resourcesOf(operations))),
      ...(readers.length === 0
        ? []
        : [
            // IAM rejects a principal that does not exist yet, but not its ARN in a condition.
            invocation(
              readers.map(({ account }) => account),
              resourcesOf(
                routesIn(vocabulary)
                  .filter(returnsSources)
                  .map(({ operation }) => operation),
              ),
              { ArnEquals: { 'aws:PrincipalArn': readers.map(({ arn }) => arn) } },
            ),
          ]),
      new PolicyStatement({
        sid: 'OnlyNamedRolesDetokenize',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['execute-api:Invoke'],
        resources: DETOKENIZE_SPELLINGS,
        ...(readers.length === 0
          ? {}
          : { conditions: { ArnNotEquals: { 'aws:PrincipalArn': readers.map(({ arn }) => arn) } } }),
      }),
    ],
  });
}

/** `resources`: exactly one method and path each. */
const invocation = (accounts: readonly string[], resources: string[], conditions?: PolicyStatement['conditions']) =>
  new PolicyStatement({
    principals: [...new Set(accounts)].map((account) => new AccountPrincipal(account)),
    actions: ['execute-api:Invoke'],
    resources,
    ...(conditions === undefined ? {} : { conditions }),
  });
