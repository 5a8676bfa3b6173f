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
    deployDomain(app, { environment, domain, settings, network });
  }
}

interface DomainPart {
  readonly environment: Environment;
  readonly domain: ProducerDomain;
  readonly settings: DomainSettings;
  readonly network: NetworkStack | undefined;
}

/** Creates the stacks of one producer domain. */
export function deployDomain(app: App, part: DomainPart) {
  const data = new DataStack(app, part);
  const service = new ServiceStack(app, { ...part, data });
  const { restApi, apiStage, functions, deadLetterQueues, proxy } = service;
  const observability = new ObservabilityStack(app, {
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
  return { service, observability };
}
