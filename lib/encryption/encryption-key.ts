import { Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Environment } from '../environments/environment.ts';
import { keptInProduction } from '../environments/retention.ts';

/**
 * A customer-managed key with yearly rotation. The AWS services that may use it are listed here and
 * nowhere else: other stacks import the key by its ARN and cannot extend its policy.
 */
export class EncryptionKey extends Key {
  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id, {
      alias: `${Stack.of(scope).stackName}-${id.toLowerCase()}`,
      enableKeyRotation: true,
      removalPolicy: keptInProduction(environment),
    });
    const { account, region, partition } = Stack.of(scope);
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'LogGroupsOfThisAccount',
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
        actions: [
          'kms:Encrypt',
          'kms:Decrypt',
          'kms:ReEncryptFrom',
          'kms:ReEncryptTo',
          'kms:GenerateDataKey',
          'kms:DescribeKey',
        ],
        resources: ['*'],
        conditions: {
          ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` },
        },
      }),
    );
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccountIntoTopics',
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    );
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'UndeliveredIntoQueuesOfThisAccount',
        effect: Effect.ALLOW,
        principals: ['sns', 'events'].map((name) => new ServicePrincipal(`${name}.amazonaws.com`)),
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        // EventBridge sends no source account to KMS. SQS sends the ARN of the queue.
        conditions: { ArnLike: { 'kms:EncryptionContext:aws:sqs:arn': `arn:${partition}:sqs:${region}:${account}:*` } },
      }),
    );
  }
}
