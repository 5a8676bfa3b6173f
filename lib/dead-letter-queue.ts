import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export interface DeadLetterQueueProps {
  readonly key: IKey;
  readonly name: string;
}

/** Where what nobody could take waits for people, for as long as SQS keeps anything. */
export class DeadLetterQueue extends Queue {
  constructor(scope: Construct, id: string, { key, name }: DeadLetterQueueProps) {
    super(scope, id, {
      queueName: name,
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: key,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    Validations.of(this).acknowledge(
      {
        id: 'AwsSolutions-SQS3',
        reason:
          'It is itself the last stop: an alarm rings on its first message and people take them out (docs/runbook.md).',
      },
      {
        id: 'Serverless-SQSRedrivePolicy',
        reason:
          'It is itself the last stop: an alarm rings on its first message and people take them out (docs/runbook.md).',
      },
    );
  }

  /** Lets an AWS service put in what it could not deliver, on behalf of this account's resources with such a name. */
  allowFrom(service: 'events' | 'sns', sourceArn: string): void {
    this.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal(`${service}.amazonaws.com`)],
        actions: ['sqs:SendMessage'],
        resources: [this.queueArn],
        conditions: {
          ArnEquals: { 'aws:SourceArn': sourceArn },
          StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
        },
      }),
    );
  }
}
