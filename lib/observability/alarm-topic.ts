import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { DeadLetterQueue } from '../queues/dead-letter-queue.ts';

export interface AlarmTopicProps {
  readonly key: IKey;
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
  /** E-mail addresses. SNS sends each a request to confirm its subscription. */
  readonly recipients: readonly string[];
  /** The dead-letter queue for mail that SNS could not deliver. */
  readonly undelivered: DeadLetterQueue;
}

/** A topic that sends e-mail when an alarm is raised and when it clears. */
export class AlarmTopic extends Topic {
  constructor(scope: Construct, id: string, { key, name, recipients, undelivered }: AlarmTopicProps) {
    super(scope, id, { masterKey: key, enforceSSL: true });
    const { account } = Stack.of(this);
    // A topic with its own policy loses SNS's default policy, by which this account's alarms may
    // publish. So this statement is needed.
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'OwnAlarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topicArn],
        conditions: {
          ArnLike: {
            'aws:SourceArn': Stack.of(this).formatArn({ service: 'cloudwatch', resource: `alarm:${name}-*` }),
          },
          StringEquals: { 'aws:SourceAccount': account },
        },
      }),
    );
    for (const recipient of recipients) {
      this.addSubscription(new EmailSubscription(recipient, { deadLetterQueue: undelivered }));
    }
  }
}
