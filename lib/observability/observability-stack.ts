import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { acknowledgeUndelivered } from '../checks/acknowledgements.ts';
import type { DomainSettings, Environment, ProducerDomain } from '../environments/environment.ts';
import { namePrefix, stackIdentity } from '../environments/stack-identity.ts';
import { DeadLetterQueue } from '../queues/dead-letter-queue.ts';
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

/** The alarms of a producer domain, the topics that they notify, and the dashboard. */
export class ObservabilityStack extends Stack {
  constructor(scope: Construct, { environment, domain, settings, service }: ObservabilityStackProps) {
    const name = namePrefix(environment, domain);
    super(scope, `${name}-observability`, stackIdentity(environment, 'observability', domain));
    const metrics = new PoolMetrics(domain);
    const { key } = service;
    const undelivered = new DeadLetterQueue(this, 'Undelivered', { key, name: `${name}-undelivered-alarms` });
    acknowledgeUndelivered(undelivered);
    const { alarmRecipients, dayAlarmRecipients = alarmRecipients } = environment;
    const topics = {
      page: new AlarmTopic(this, 'PageTopic', { key, name, recipients: alarmRecipients, undelivered }),
      day: new AlarmTopic(this, 'DayTopic', { key, name, recipients: dayAlarmRecipients, undelivered }),
    };
    const watched = { name: 'alarms', queue: undelivered, severity: 'day' } as const;
    const parts = { ...service, deadLetterQueues: [...service.deadLetterQueues, watched] };
    const alarms = new Alarms(this, 'Alarms', { environment, settings, name, metrics, topics, parts });
    new Dashboard(this, 'Dashboard', {
      name,
      metrics,
      parts: service,
      alarms: alarms.all,
    });
    new CfnOutput(this, 'PageTopicArn', { value: topics.page.topicArn });
    new CfnOutput(this, 'DayTopicArn', { value: topics.day.topicArn });
  }
}
