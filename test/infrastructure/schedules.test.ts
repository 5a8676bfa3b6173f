import { describe, expect, test } from 'vitest';
import { jobNames, scheduledJobs } from '../../lambdas/function-names.ts';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { identityGrants } from './policy-statements.ts';
import { ENVIRONMENT_NAMES, synthesized } from './synthesized-environment.ts';

const SERVICES = ENVIRONMENT_NAMES.flatMap((name) =>
  Object.keys(ENVIRONMENTS[name].domains).map((domain) => [`${name}-${domain}`, name] as const),
);
const RATES = Object.fromEntries(
  scheduledJobs().map(({ name, schedule }) => [name, schedule.everyMinutes === 1 ? 'rate(1 minute)' : 'rate(1 hour)']),
);
const idOf = (job: string): string => job.replaceAll('-', '');

describe.each(SERVICES)('%s', (prefix, name) => {
  const environment = synthesized(name);
  const stack = `${prefix}-service`;
  const { account } = ENVIRONMENTS[name];

  test('prefetch runs each hour and the other jobs each minute, with a dead-letter queue and limited retries', () => {
    const schedules = environment.all('AWS::Scheduler::Schedule', stack).map(({ properties }) => properties);
    expect(Object.fromEntries(schedules.map(({ Name, ScheduleExpression }) => [Name, ScheduleExpression]))).toEqual(
      RATES,
    );
    for (const { Name, Target, State, GroupName } of schedules) {
      expect([State, GroupName]).toEqual(['ENABLED', prefix]);
      expect(Target).toMatchObject({
        Arn: `Functions${idOf(Name)}Function.Arn`,
        RoleArn: `Schedules${idOf(Name)}role.Arn`,
        DeadLetterConfig: { Arn: 'DeadLetters.Arn' },
        RetryPolicy: { MaximumRetryAttempts: 3 },
      });
      expect(Target.RetryPolicy.MaximumEventAgeInSeconds).toBeLessThanOrEqual(900);
    }
  });

  test.each(Object.keys(RATES))(
    'the schedule of %s may only start that job and send to the dead-letter queue',
    (job) => {
      const role = environment.one('AWS::IAM::Role', stack, `Schedules${idOf(job)}role`).properties;
      expect(role.AssumeRolePolicyDocument.Statement).toEqual([
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': account, 'aws:SourceArn': 'SchedulesGroup.Arn' } },
        },
      ]);
      expect(role.ManagedPolicyArns).toEqual([`Schedules${idOf(job)}policy`]);
      const granted = identityGrants(environment).filter(
        (grant) => grant.stack === stack && grant.holder === `Schedules${idOf(job)}policy`,
      );
      expect(granted.map(({ action, resource }) => `${action} ${resource}`).sort()).toEqual([
        `kms:Decrypt ${prefix}-data:KeyArn`,
        `kms:GenerateDataKey ${prefix}-data:KeyArn`,
        `lambda:InvokeFunction Functions${idOf(job)}Function.Arn`,
        'sqs:SendMessage DeadLetters.Arn',
      ]);
    },
  );

  test('a low pool starts a refill through the alarm’s topic and through each report of the health job', () => {
    const alarm = environment.one('AWS::CloudWatch::Alarm', stack, 'RefillAlarm').properties;
    expect(alarm).toMatchObject({ AlarmActions: ['RefillTopic'], AlarmName: `${prefix}-refill-wanted` });
    expect(JSON.stringify(alarm)).toContain('"MetricName":"RefillWanted"');
    const { PolicyDocument } = environment.one('AWS::SNS::TopicPolicy', stack, 'RefillTopicPolicy').properties;
    expect(PolicyDocument.Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Allow')).toEqual([
      {
        Sid: 'OwnAlarm',
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: 'RefillTopic',
        Condition: {
          ArnEquals: { 'aws:SourceArn': `arn:aws:cloudwatch:us-east-1:${account}:alarm:${alarm.AlarmName}` },
        },
      },
    ]);
    expect(environment.one('AWS::SNS::Subscription', stack).properties).toMatchObject({
      TopicArn: 'RefillTopic',
      Endpoint: 'FunctionsprefetchFunction.Arn',
      RedrivePolicy: { deadLetterTargetArn: 'DeadLetters.Arn' },
    });
    expect(environment.one('AWS::Events::Rule', stack).properties).toMatchObject({
      EventPattern: { source: ['lambda'], detail: { responsePayload: { refillWanted: [true] } } },
      Targets: [{ Arn: 'FunctionsprefetchFunction.Arn', DeadLetterConfig: { Arn: 'DeadLetters.Arn' } }],
    });
  });

  test('only the functions, schedules, rule and topic of this stack may send dead letters', () => {
    const senders = identityGrants(environment)
      .filter(
        (grant) => grant.stack === stack && grant.action === 'sqs:SendMessage' && grant.resource === 'DeadLetters.Arn',
      )
      .map(({ holder }) => holder);
    expect(senders).toHaveLength(jobNames().length + scheduledJobs().length);
    const { PolicyDocument } = environment.one('AWS::SQS::QueuePolicy', stack, 'DeadLettersPolicy').properties;
    const services = PolicyDocument.Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Allow');
    expect(
      services.map(({ Principal, Condition }: { Principal: object; Condition: object }) => [Principal, Condition]),
    ).toEqual([
      [{ Service: 'sns.amazonaws.com' }, { ArnEquals: { 'aws:SourceArn': 'RefillTopic' } }],
      [{ Service: 'events.amazonaws.com' }, { ArnEquals: { 'aws:SourceArn': 'RefillRule.Arn' } }],
    ]);
  });
});
