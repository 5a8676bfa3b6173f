import type { StackProps } from 'aws-cdk-lib';
import type { Environment, ProducerDomain } from './environment.ts';

export type Lifecycle = 'network' | 'data' | 'service' | 'observability';

/** The start of the names of all resources of a producer domain, such as `prod-card`. */
export const namePrefix = (environment: Environment, domain: ProducerDomain): string => `${environment.name}-${domain}`;

/** The account, name and tags of a stack. */
export function stackIdentity(environment: Environment, lifecycle: Lifecycle, domain?: ProducerDomain): StackProps {
  const stackName = `${domain === undefined ? environment.name : namePrefix(environment, domain)}-${lifecycle}`;
  return {
    stackName,
    description: `Card tokenization pool: ${lifecycle}${domain === undefined ? '' : ` of the ${domain} domain`} in ${environment.name}.`,
    env: { account: environment.account, region: environment.region },
    terminationProtection: environment.isProduction && environment.isFirstDeployment !== true,
    tags: {
      application: 'card-tokenization-pool',
      environment: environment.name,
      ...(domain === undefined ? {} : { domain }),
      'data-classification': 'cardholder-data-environment',
    },
  };
}
