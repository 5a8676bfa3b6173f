import type { App } from 'aws-cdk-lib';
import { DataStack } from './data/data-stack.ts';
import type { DomainSettings, Environment, ProducerDomain } from './environments/environment.ts';
import { NetworkStack } from './network/network-stack.ts';
import { ObservabilityStack } from './observability/observability-stack.ts';
import { ServiceStack } from './service-stack.ts';

/**
 * Creates the stacks of an environment. Resources that change at different times are in different
 * stacks: one network; data, service and observability for each producer domain.
 */
export function deployEnvironment(app: App, environment: Environment): void {
  const network = environment.kind === 'aws' ? new NetworkStack(app, environment) : undefined;
  for (const [domain, settings] of Object.entries(environment.domains) as [ProducerDomain, DomainSettings][]) {
    const part = { environment, domain, settings, network };
    const data = new DataStack(app, part);
    const { restApi, apiStage, functions, deadLetterQueues, proxy } = new ServiceStack(app, { ...part, data });
    new ObservabilityStack(app, {
      ...part,
      service: {
        key: data.key,
        restApi,
        apiStage,
        functions,
        deadLetterQueues,
        cluster: data.database?.cluster,
        proxyName: proxy?.name,
      },
    });
  }
}
