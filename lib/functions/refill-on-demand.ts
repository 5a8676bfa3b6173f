import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Match, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { alarmNameOf, createAlarm } from '../observability/alarm.ts';
import { refillWantedAlarm } from '../observability/pool-alarms.ts';
import type { PoolMetrics } from '../observability/pool-metrics.ts';
import type { TokenFunction } from './token-function.ts';

export interface RefillOnDemandProps {
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
  readonly key: IKey;
  readonly metrics: PoolMetrics;
  readonly poolHealth: TokenFunction;
  readonly prefetch: TokenFunction;
  readonly deadLetters: IQueue;
}

/**
 * Starts a prefetch within a minute when the pool is low. The alarm starts one when the pool
 * becomes low. The rule starts one for each report of the health job while the pool remains low, so
 * a prefetch that fails is repeated. A lease allows one run at a time.
 */
export class RefillOnDemand extends Construct {
  readonly topic: Topic;

  constructor(
    scope: Construct,
    id: string,
    { name, key, metrics, poolHealth, prefetch, deadLetters }: RefillOnDemandProps,
  ) {
    super(scope, id);
    const definition = refillWantedAlarm(metrics);
    const alarmName = alarmNameOf(name, definition);
    this.topic = new Topic(this, 'Topic', { masterKey: key, enforceSSL: true });
    // An explicit policy replaces the default one, which lets all alarms of the account publish.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'OwnAlarm',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: {
          ArnEquals: {
            'aws:SourceArn': Stack.of(this).formatArn({
              service: 'cloudwatch',
              resource: 'alarm',
              resourceName: alarmName,
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          },
        },
      }),
    );
    this.topic.addSubscription(new LambdaSubscription(prefetch.function, { deadLetterQueue: deadLetters }));
    createAlarm(this, 'Alarm', definition, alarmName).addAlarmAction(new SnsAction(this.topic));

    const rule = new Rule(this, 'Rule', {
      description: 'The health job says that a refill is wanted.',
      eventPattern: {
        source: ['lambda'],
        detailType: ['Lambda Function Invocation Result - Success'],
        resources: Match.prefix(poolHealth.function.functionArn),
        detail: { responsePayload: { refillWanted: [true] } },
      },
    });
    rule.addTarget(
      new LambdaFunction(prefetch.function, {
        deadLetterQueue: deadLetters,
        retryAttempts: 3,
        maxEventAge: Duration.minutes(10),
      }),
    );
  }
}
