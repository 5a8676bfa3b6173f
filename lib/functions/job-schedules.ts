import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Schedule, ScheduleExpression, ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { JobName, PoolFunctions } from './pool-functions.ts';

export interface JobSchedulesProps {
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
  readonly functions: PoolFunctions;
  readonly prefetchEveryMinutes: number;
  readonly key: IKey;
  readonly deadLetters: IQueue;
}

/** The jobs that run by the clock. Each schedule starts one function, by a role that may do only that. */
export class JobSchedules extends Construct {
  constructor(scope: Construct, id: string, props: JobSchedulesProps) {
    super(scope, id);
    const group = new ScheduleGroup(this, 'Group', {
      scheduleGroupName: props.name,
      // It holds nothing but its schedules.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const start = (job: JobName, everyMinutes: number) =>
      new Schedule(this, job, {
        scheduleName: job,
        scheduleGroup: group,
        description: `Starts ${job} every ${everyMinutes} minutes.`,
        schedule: ScheduleExpression.rate(Duration.minutes(everyMinutes)),
        target: new LambdaInvoke(props.functions.jobs[job].function, {
          role: this.#role(job, group, props).withoutPolicyUpdates(),
          deadLetterQueue: props.deadLetters,
          // The next run does what a lost one would have, so none is sent late.
          retryAttempts: 3,
          maxEventAge: Duration.minutes(Math.min(everyMinutes, 15)),
        }),
      });
    start('prefetch', props.prefetchEveryMinutes);
    start('pool-health', 1);
    start('settle-reservations', 1);
    start('relay-events', 1);
  }

  #role(job: JobName, group: ScheduleGroup, { functions, deadLetters, key }: JobSchedulesProps): Role {
    const { account, region } = Stack.of(this);
    const policy = new ManagedPolicy(this, `${job}-policy`, {
      description: `Starting ${job}, and keeping what could not be started.`,
      statements: [
        new PolicyStatement({
          actions: ['lambda:InvokeFunction'],
          resources: [functions.jobs[job].function.functionArn],
        }),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }),
        new PolicyStatement({
          actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
          resources: [key.keyArn],
          conditions: { StringEquals: { 'kms:ViaService': `sqs.${region}.amazonaws.com` } },
        }),
      ],
    });
    return new Role(this, `${job}-role`, {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': account, 'aws:SourceArn': group.scheduleGroupArn } },
      }),
      managedPolicies: [policy],
    });
  }
}
