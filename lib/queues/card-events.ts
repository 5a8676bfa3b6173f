import { Duration } from 'aws-cdk-lib';
import { AccountPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Environment } from '../environments/environment.ts';
import { keptInProduction } from '../environments/retention.ts';
import { DeadLetterQueue } from './dead-letter-queue.ts';

export interface CardEventsProps {
  readonly environment: Environment;
  readonly key: IKey;
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
  readonly readerAccount: string;
}

/** The queue's name. The key policy in data-stack.ts lets the reader decrypt only this queue. */
export const cardEventsName = (name: string): string => `${name}-card-events`;

/** After this many receives without a delete, SQS moves the event to the dead-letter queue. */
const MAX_RECEIVES = 5;

/**
 * The queue from which TSYS reads card-created events, with its dead-letter queue. In production
 * both remain when the stack is deleted: the outbox does not send their messages again.
 */
export class CardEvents extends Construct {
  readonly queue: Queue;
  readonly deadLetters: DeadLetterQueue;

  constructor(scope: Construct, id: string, { environment, key, name, readerAccount }: CardEventsProps) {
    super(scope, id);
    const removalPolicy = keptInProduction(environment);
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      key,
      name: `${cardEventsName(name)}-dead-letters`,
      removalPolicy,
    });
    this.queue = new Queue(this, 'Queue', {
      queueName: cardEventsName(name),
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: key,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      visibilityTimeout: Duration.minutes(1),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES },
      removalPolicy,
    });
    this.queue.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Reader',
        principals: [new AccountPrincipal(readerAccount)],
        actions: [
          'sqs:ReceiveMessage',
          'sqs:DeleteMessage',
          'sqs:ChangeMessageVisibility',
          'sqs:GetQueueAttributes',
          'sqs:GetQueueUrl',
        ],
        resources: [this.queue.queueArn],
      }),
    );
  }
}
