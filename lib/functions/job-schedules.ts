import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Schedule, ScheduleExpression, ScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { scheduledJobs } from '../../lambdas/function-names.ts';
import type { JobName } from '../../lambdas/functions.ts';
import type { DomainSettings } from '../environments/environment.ts';
import { scheduleOf } from '../environments/function-options.ts';
import type { PoolFunctions } from './pool-functions.ts';

export interface JobSchedulesProps {
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
  readonly functions: PoolFunctions;
  readonly settings: DomainSettings;
  readonly key: IKey;
  readonly deadLetters: IQueue;
}

/** A start that is later than this is dropped, because the next one does the same work. */
const MAX_DELAY_MINUTES = 15;

/** The schedules of lambdas/functions.ts. The role of a schedule may start only its own job. */
export class JobSchedules extends Construct {
  constructor(scope: Construct, id: string, props: JobSchedulesProps) {
    super(scope, id);
    const group = new ScheduleGroup(this, 'Group', {
      scheduleGroupName: props.name,
      // The group contains nothing but the schedules of this stack.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    for (const { name } of scheduledJobs()) {
      const schedule = scheduleOf(props.settings, name);
      if (schedule !== null) this.#start(name, schedule.everyMinutes, group, props);
    }
  }

  #start(job: JobName, everyMinutes: number, group: ScheduleGroup, props: JobSchedulesProps): void {
    new Schedule(this, job, {
      scheduleName: job,
      scheduleGroup: group,
      description: `Starts ${job} every ${everyMinutes} minutes.`,
      schedule: ScheduleExpression.rate(Duration.minutes(everyMinutes)),
      target: new LambdaInvoke(props.functions.jobs[job].function, {
        role: this.#role(job, group, props).withoutPolicyUpdates(),
        deadLetterQueue: props.deadLetters,
        retryAttempts: 3,
        maxEventAge: Duration.minutes(Math.min(everyMinutes, MAX_DELAY_MINUTES)),
      }),
    });
  }

  #role(job: JobName, group: ScheduleGroup, { functions, deadLetters, key }: JobSchedulesProps): Role {
    const { account, region } = Stack.of(this);
    const policy = new ManagedPolicy(this, `${job}-policy`, {
      description: `Starting ${job}, and sending events that cannot start it to the dead-letter queue.`,
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
