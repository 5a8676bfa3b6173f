import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { DatabaseCluster } from 'aws-cdk-lib/aws-rds';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { JobName, RouteName } from '../../lambdas/functions.ts';
import { thresholdsOf } from '../environments/alarm-thresholds.ts';
import type { DomainSettings, Environment } from '../environments/environment.ts';
import { type AlarmDefinition, alarmNameOf, createAlarm, notify, type Severity } from './alarm.ts';
import { callerAlarms } from './caller-alarms.ts';
import { platformAlarms, type WatchedQueue } from './platform-alarms.ts';
import { poolAlarms } from './pool-alarms.ts';
import type { PoolMetrics } from './pool-metrics.ts';
import { workloadAlarms } from './workload-alarms.ts';

/** The resources of a producer domain that alarms watch. */
export interface WatchedParts {
  readonly restApi: RestApi;
  readonly apiStage: string;
  readonly functions: {
    readonly api: Readonly<Record<RouteName, WatchedFunction>>;
    readonly jobs: Readonly<Record<JobName, WatchedFunction>>;
  };
  readonly deadLetterQueues: readonly WatchedQueue[];
  /** Absent on the emulator. */
  readonly cluster: DatabaseCluster | undefined;
  readonly proxyName: string | undefined;
}

interface WatchedFunction {
  readonly function: IFunction;
}

export interface AlarmsProps {
  readonly environment: Environment;
  readonly settings: DomainSettings;
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
  readonly metrics: PoolMetrics;
  readonly topics: Readonly<Record<Severity, ITopic>>;
  readonly parts: WatchedParts;
}

/**
 * The alarms of a producer domain that notify an operator. The file of an alarm follows from its
 * subject:
 * - `pool-alarms.ts`: the pool, from the gauges that the job pool-health publishes
 * - `workload-alarms.ts`: the work of the functions: prefetch, TOME, database, events
 * - `caller-alarms.ts`: how callers use the API
 * - `platform-alarms.ts`: AWS services: API Gateway, SQS, CloudWatch Logs, Aurora
 *
 * Two kinds of alarms act instead of notifying. The code that acts creates them:
 * - `release-alarms.ts` roll back a release (lib/functions/release.ts)
 * - `refillWantedAlarm` in `pool-alarms.ts` starts a refill (lib/functions/refill-on-demand.ts)
 *
 * A new alarm needs its definition in one of these files and its entry in docs/runbook.md.
 */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.all = definitionsOf(props).map((definition) => {
      const alarm = createAlarm(
        this,
        definition.name ?? definition.runbook,
        definition,
        alarmNameOf(props.name, definition),
      );
      if (definition.severity !== null) notify(alarm, props.topics[definition.severity]);
      return alarm;
    });
  }
}

/** An emulator gets only the pool alarms: it has no embedded metrics, dimensions or expressions. */
function definitionsOf({ environment, settings, name, metrics, parts }: AlarmsProps): readonly AlarmDefinition[] {
  const ofPool = poolAlarms(metrics, environment, settings);
  if (environment.kind === 'emulator') return ofPool;
  const { restApi, apiStage, functions, deadLetterQueues, cluster, proxyName } = parts;
  return [
    ...ofPool,
    ...workloadAlarms(metrics, functions.jobs.prefetch.function, settings),
    ...callerAlarms({
      name,
      metrics,
      settings,
      account: environment.account,
      restApi,
      apiStage,
      detokenize: functions.api.detokenize.function,
    }),
    ...platformAlarms({
      name,
      thresholds: thresholdsOf(settings),
      stage: restApi.deploymentStage,
      deadLetterQueues,
      functions: Object.entries({ ...functions.api, ...functions.jobs }).map(([functionName, target]) => ({
        name: functionName,
        function: target.function,
      })),
      cluster,
      proxyName,
    }),
  ];
}
