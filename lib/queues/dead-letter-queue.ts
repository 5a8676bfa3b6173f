import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledgeDeadLetterQueue } from '../checks/acknowledgements.ts';

export interface DeadLetterQueueProps {
  readonly key: IKey;
  readonly name: string;
  /** Default: the queue is deleted with its stack. */
  readonly removalPolicy?: RemovalPolicy;
}

/** A dead-letter queue. It keeps messages for 14 days, the maximum of SQS. */
export class DeadLetterQueue extends Queue {
  constructor(scope: Construct, id: string, { key, name, removalPolicy }: DeadLetterQueueProps) {
    super(scope, id, {
      queueName: name,
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: key,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: removalPolicy ?? RemovalPolicy.DESTROY,
    });
    acknowledgeDeadLetterQueue(this);
  }
}
