import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { acknowledgeUndelivered } from '../checks/acknowledgements.ts';
import { DeadLetterQueue } from '../queues/dead-letter-queue.ts';

export interface AlarmTopicProps {
  readonly key: IKey;
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
  /** E-mail addresses; each is asked once to confirm. */
  readonly recipients: readonly string[];
}

/** Where alarms tell people that they ring and that they have cleared. */
export class AlarmTopic extends Topic {
  /** Mail that could not be delivered; absent where nobody is written to. */
  readonly undelivered: DeadLetterQueue | undefined;

  constructor(scope: Construct, id: string, { key, name, recipients }: AlarmTopicProps) {
    super(scope, id, { topicName: `${name}-alarms`, masterKey: key, enforceSSL: true });
    const { account } = Stack.of(this);
    // A policy of its own takes the place of the one that lets this account's alarms publish.
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
    if (recipients.length === 0) return;
    this.undelivered = new DeadLetterQueue(this, 'Undelivered', { key, name: `${name}-undelivered-alarms` });
    acknowledgeUndelivered(this.undelivered);
    for (const recipient of recipients) {
      this.addSubscription(new EmailSubscription(recipient, { deadLetterQueue: this.undelivered }));
    }
  }
}
