import { Duration } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { type Alarm, AnomalyDetectionAlarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { DatabaseCluster } from 'aws-cdk-lib/aws-rds';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { DomainSettings, Environment } from '../environments/environment.ts';
import type { ApiFunctionName, JobName } from '../functions/pool-functions.ts';
import { type AlarmRecord, raise, runbookLink, tell } from './alarm.ts';
import { callerAlarms } from './caller-alarms.ts';
import { apiAlarms, databaseAlarms, deadLetterAlarm, maskedAlarm, maskedAnywhereAlarm } from './platform-alarms.ts';
import { levelAlarms, silenceAlarm } from './pool-alarms.ts';
import type { PoolMetrics } from './pool-metrics.ts';
import { workAlarms } from './workload-alarms.ts';

/** What of a producer domain is watched. */
export interface WatchedParts {
  readonly restApi: RestApi;
  readonly functions: {
    readonly api: Readonly<Record<ApiFunctionName, { readonly function: IFunction }>>;
    readonly jobs: Readonly<Record<JobName, { readonly function: IFunction }>>;
  };
  readonly deadLetterQueues: readonly { readonly name: string; readonly queue: IQueue }[];
  /** Absent on the emulator. */
  readonly cluster: DatabaseCluster | undefined;
}

export interface AlarmsProps {
  readonly environment: Environment;
  readonly settings: DomainSettings;
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
  readonly metrics: PoolMetrics;
  readonly topic: ITopic;
  readonly parts: WatchedParts;
}

/** M2: every alarm of a producer domain. Alarms that roll a release back are made with the release. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const raised = alarmRecords(props).map((record) => raise(this, props.name, props.topic, record));
    this.all = props.environment.kind === 'aws' ? [...raised, this.#volumeBand(props)] : raised;
  }

  /** The usual volume by the hour and the weekday, as CloudWatch learns it. It rings below the fixed threshold too. */
  #volumeBand({ name, metrics, topic }: AlarmsProps): Alarm {
    const alarm = new AnomalyDetectionAlarm(this, 'detokenize-unusual-for-the-hour', {
      alarmName: `${name}-detokenize-unusual-for-the-hour`,
      alarmDescription: `Callers ask for far more card numbers than is usual at this hour. ${runbookLink('detokenize-unusual')}`,
      metric: metrics.counter(
        'RequestDuration',
        { operation: 'detokenize' },
        { statistic: 'SampleCount', period: Duration.minutes(5) },
      ),
      stdDevs: 4,
      comparisonOperator: ComparisonOperator.GREATER_THAN_UPPER_THRESHOLD,
      evaluationPeriods: 3,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    tell(alarm, topic);
    return alarm;
  }
}

/** An emulator sees neither embedded metrics, nor dimensions, nor expressions: there, only the plain gauges ring. */
function alarmRecords({ environment, settings, name: prefix, metrics, parts }: AlarmsProps): readonly AlarmRecord[] {
  const levels = levelAlarms(metrics, environment, settings);
  if (environment.kind === 'emulator') return levels;
  const { api, jobs } = parts.functions;
  return [
    ...levels,
    silenceAlarm(metrics),
    ...workAlarms(metrics, jobs.prefetch.function, settings),
    ...apiAlarms(parts.restApi.deploymentStage),
    ...callerAlarms({
      name: prefix,
      metrics,
      settings,
      account: environment.account,
      restApi: parts.restApi,
      detokenize: api.detokenize.function,
    }),
    ...parts.deadLetterQueues.map(({ name, queue }) => deadLetterAlarm(name, queue)),
    ...Object.entries({ ...api, ...jobs }).map(([name, target]) => maskedAlarm(name, target.function)),
    maskedAnywhereAlarm(prefix),
    ...(parts.cluster === undefined ? [] : databaseAlarms(parts.cluster)),
  ];
}
