import { Duration } from 'aws-cdk-lib';
import { Alarm, type AlarmProps, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import {
  type ILambdaDeploymentConfig,
  LambdaDeploymentConfig,
  LambdaDeploymentGroup,
} from 'aws-cdk-lib/aws-codedeploy';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledgeRelease } from '../checks/acknowledgements.ts';
import type { Canary, Environment } from '../environments/environment.ts';
import { runbookLink } from '../observability/alarm.ts';
import type { PoolMetrics } from '../observability/pool-metrics.ts';
import type { TokenFunction } from './token-function.ts';

export interface ReleaseProps {
  readonly environment: Environment;
  readonly target: TokenFunction;
  readonly metrics: PoolMetrics;
}

const CONFIGURATIONS: Readonly<Record<Canary, ILambdaDeploymentConfig>> = {
  'all-at-once': LambdaDeploymentConfig.ALL_AT_ONCE,
  '10-percent-5-minutes': LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
  '10-percent-15-minutes': LambdaDeploymentConfig.CANARY_10PERCENT_15MINUTES,
};

/** The most that a call may take at the 99th percentile while a release is under way, in milliseconds: a cold start and three calls to TOME. */
const SLOW_MS = 1_500;

/** New code behind an alias: a tenth of the calls first, and back by itself when it fails, slows down, or opens TOME's breaker. */
export class Release extends Construct {
  readonly alias: Alias;

  constructor(scope: Construct, id: string, { environment, target, metrics }: ReleaseProps) {
    super(scope, id);
    const isOnAws = environment.kind === 'aws';
    const warm = isOnAws ? environment.provisionedConcurrency : 0;
    this.alias = target.function.addAlias('live', warm > 0 ? { provisionedConcurrentExecutions: warm } : {});
    if (!isOnAws) return;
    const period = Duration.minutes(1);
    const deployment = new LambdaDeploymentGroup(this, 'Deployment', {
      alias: this.alias,
      deploymentConfig: CONFIGURATIONS[environment.canary],
      alarms: [
        this.#alarm('Errors', this.alias.metricErrors({ period }), 0, 'The function fails'),
        // What its handler did not expect is answered, so to Lambda it is a success.
        this.#alarm(
          'Faults',
          metrics.counter('Requests', { operation: target.name, status: '500' }, { period }),
          0,
          'The function answers that it failed',
        ),
        this.#alarm(
          'Latency',
          this.alias.metricDuration({ period, statistic: 'p99' }),
          SLOW_MS,
          'The function is slow',
          // New code starts cold; slow is what stays slow.
          { evaluationPeriods: 3, datapointsToAlarm: 2 },
        ),
        this.#alarm('Breaker', metrics.counter('BreakerOpened', {}, { period }), 0, 'TOME is taken to be down'),
      ],
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
    });
    acknowledgeRelease(deployment);
  }

  #alarm(
    id: string,
    metric: IMetric,
    threshold: number,
    what: string,
    patience: Pick<AlarmProps, 'evaluationPeriods' | 'datapointsToAlarm'> = { evaluationPeriods: 1 },
  ): Alarm {
    return new Alarm(this, id, {
      metric,
      threshold,
      ...patience,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: `${what} while a release is under way: it rolls back. ${runbookLink('a-release-rolled-back')}`,
    });
  }
}
