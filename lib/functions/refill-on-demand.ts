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
 * P2: a refill within a minute of a low pool, in two ways that end in the same job, whose runs take turns. The alarm starts one when the pool becomes
 * low. The rule reads each minute's answer of the health job, and so asks again for as long as the pool stays low, whatever became of the
 * first run.
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
    this.topic = new Topic(this, 'Topic', { topicName: alarmName, masterKey: key, enforceSSL: true });
    // A policy of its own takes the place of the one that lets this account's alarms publish.
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
      ruleName: alarmName,
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
