import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { routeNames } from '../lambdas/function-names.ts';
import type { RouteName } from '../lambdas/functions.ts';
import { vocabularyOfDomain } from '../lambdas/vocabulary.ts';
import { Api } from './api/api.ts';
import { API_STAGE } from './api/api-access.ts';
import { CallerPolicies } from './api/caller-policies.ts';
import { Firewall } from './api/firewall.ts';
import type { DataStack } from './data/data-stack.ts';
import { DatabaseProxy } from './data/database-proxy.ts';
import type { DomainSettings, Environment, ProducerDomain } from './environments/environment.ts';
import { namePrefix, stackIdentity } from './environments/stack-identity.ts';
import { functionContext } from './functions/function-context.ts';
import { JobSchedules } from './functions/job-schedules.ts';
import { Migration } from './functions/migration.ts';
import { PoolFunctions } from './functions/pool-functions.ts';
import { RefillOnDemand } from './functions/refill-on-demand.ts';
import { Release } from './functions/release.ts';
import { logProtection } from './logs/log-protection.ts';
import type { NetworkStack } from './network/network-stack.ts';
import type { WatchedQueue } from './observability/platform-alarms.ts';
import { PoolMetrics } from './observability/pool-metrics.ts';
import { CardEvents } from './queues/card-events.ts';
import { DeadLetterQueue } from './queues/dead-letter-queue.ts';

export interface ServiceStackProps {
  readonly environment: Environment;
  readonly domain: ProducerDomain;
  readonly settings: DomainSettings;
  readonly data: DataStack;
  /** Absent on the emulator. */
  readonly network: NetworkStack | undefined;
}

/**
 * What a release changes: the functions of one producer domain, their proxy, and its API, queues
 * and schedules.
 */
export class ServiceStack extends Stack {
  readonly restApi: RestApi;
  readonly apiStage = API_STAGE;
  readonly functions: PoolFunctions;
  readonly deadLetterQueues: readonly WatchedQueue[];
  /** Absent on the emulator. */
  readonly proxy: DatabaseProxy | undefined;

  constructor(scope: Construct, { environment, domain, settings, data, network }: ServiceStackProps) {
    const name = namePrefix(environment, domain);
    super(scope, `${name}-service`, stackIdentity(environment, 'service', domain));
    const { key } = data;
    const metrics = new PoolMetrics(domain);
    const cardEvents = new CardEvents(this, 'CardEvents', {
      environment,
      key,
      name,
      readerAccount: settings.eventReaderAccount,
    });
    const deadLetters = new DeadLetterQueue(this, 'DeadLetters', { key, name: `${name}-dead-letters` });
    this.deadLetterQueues = [
      { name: 'jobs', queue: deadLetters, severity: 'day' },
      { name: 'card-events', queue: cardEvents.deadLetters, severity: 'page' },
    ];
    const protection = environment.kind === 'aws' ? logProtection(this, { environment, key, name }) : undefined;
    this.proxy =
      environment.kind === 'aws' && data.database !== undefined && network !== undefined && protection !== undefined
        ? new DatabaseProxy(this, 'Proxy', {
            environment,
            name,
            vpc: network.vpc,
            key,
            database: data.database,
            logProtection: protection,
          })
        : undefined;
    this.functions = new PoolFunctions(
      this,
      'Functions',
      functionContext(this, {
        environment,
        domain,
        settings,
        data,
        proxy: this.proxy,
        network,
        cardEvents: cardEvents.queue,
        deadLetters,
        logProtection: protection,
      }),
    );
    const { api, jobs } = this.functions;
    const { migrate, ...otherJobs } = jobs;
    new Migration(this, 'Migration', {
      environment,
      name,
      key,
      migrate,
      before: [...Object.values(api), ...Object.values(otherJobs)],
    });

    const handlers = Object.fromEntries(
      routeNames().map((operation) => [
        operation,
        new Release(this, `Release-${operation}`, { environment, settings, operation, target: api[operation], metrics })
          .alias,
      ]),
    ) as unknown as Readonly<Record<RouteName, IFunction>>;
    const shared = { name, key, logProtection: protection };
    const { consumers } = settings;
    const vocabulary = vocabularyOfDomain(domain);
    this.restApi = new Api(this, 'Api', { ...shared, environment, vocabulary, consumers, handlers }).restApi;
    new CallerPolicies(this, 'Callers', { name, restApi: this.restApi, vocabulary });
    if (environment.kind === 'aws') new Firewall(this, 'Firewall', { ...shared, environment, restApi: this.restApi });

    new JobSchedules(this, 'Schedules', {
      name,
      functions: this.functions,
      settings,
      key,
      deadLetters,
    });
    const { topic } = new RefillOnDemand(this, 'Refill', {
      name,
      key,
      metrics,
      poolHealth: jobs['pool-health'],
      prefetch: jobs.prefetch,
      deadLetters,
    });
    this.#output({
      ApiUrl: this.restApi.url,
      ApiId: this.restApi.restApiId,
      CardEventsQueueUrl: cardEvents.queue.queueUrl,
      RefillTopicArn: topic.topicArn,
      PrefetchFunctionName: jobs.prefetch.function.functionName,
    });
  }

  #output(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) new CfnOutput(this, name, { value });
  }
}
