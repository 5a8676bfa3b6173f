import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type ApiRoute, returnsSources, routesIn } from '../../lambdas/api/routes.ts';
import type { Vocabulary } from '../../lambdas/vocabulary.ts';
import { API_STAGE } from './api-access.ts';

export interface CallerPoliciesProps {
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
  readonly restApi: RestApi;
  readonly vocabulary: Vocabulary;
}

/**
 * Managed policies for callers in the account of the API: one to create and look up references, and
 * a separate one to read card numbers. An operator attaches them; no role of this product has them.
 */
export class CallerPolicies extends Construct {
  constructor(scope: Construct, id: string, { name, restApi, vocabulary }: CallerPoliciesProps) {
    super(scope, id);
    const grant = (right: string, description: string, routes: readonly ApiRoute[]): void => {
      new ManagedPolicy(this, right, {
        managedPolicyName: `${name}-${right}`,
        description,
        statements: [
          new PolicyStatement({
            actions: ['execute-api:Invoke'],
            resources: routes.map(({ method, path }) => restApi.arnForExecuteApi(method, path, API_STAGE)),
          }),
        ],
      });
    };
    const routes = routesIn(vocabulary);
    grant(
      'use',
      'Creating references and looking them up.',
      routes.filter((route) => !returnsSources(route)),
    );
    grant(
      'detokenize',
      `Seeing ${vocabulary.number}s; the role must be named in its consumer's record too.`,
      routes.filter(returnsSources),
    );
  }
}
