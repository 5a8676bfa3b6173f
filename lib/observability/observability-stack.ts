import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { DomainSettings, Environment, ProducerDomain } from '../environments/environment.ts';
import { namePrefix, stackIdentity } from '../environments/stack-identity.ts';
import { AlarmTopic } from './alarm-topic.ts';
import { Alarms, type WatchedParts } from './alarms.ts';
import { Dashboard } from './dashboard.ts';
import { PoolMetrics } from './pool-metrics.ts';

export interface ObservedService extends WatchedParts {
  readonly key: IKey;
}

export interface ObservabilityStackProps {
  readonly environment: Environment;
  readonly domain: ProducerDomain;
  readonly settings: DomainSettings;
  readonly service: ObservedService;
}

/** The alarms of a producer domain, the topic that they notify, and the dashboard. */
export class ObservabilityStack extends Stack {
  constructor(scope: Construct, { environment, domain, settings, service }: ObservabilityStackProps) {
    const name = namePrefix(environment, domain);
    super(scope, `${name}-observability`, stackIdentity(environment, 'observability', domain));
    const metrics = new PoolMetrics(domain);
    const topic = new AlarmTopic(this, 'AlarmTopic', {
      key: service.key,
      name,
      recipients: environment.alarmRecipients,
    });
    const undelivered = topic.undelivered === undefined ? [] : [{ name: 'alarms', queue: topic.undelivered }];
    const parts = { ...service, deadLetterQueues: [...service.deadLetterQueues, ...undelivered] };
    const alarms = new Alarms(this, 'Alarms', { environment, settings, name, metrics, topic, parts });
    new Dashboard(this, 'Dashboard', {
      name,
      metrics,
      stage: service.restApi.deploymentStage,
      alarms: alarms.all,
    });
    new CfnOutput(this, 'AlarmTopicArn', { value: topic.topicArn });
  }
}
