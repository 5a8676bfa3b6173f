import {
  type ILambdaDeploymentConfig,
  LambdaDeploymentConfig,
  LambdaDeploymentGroup,
} from 'aws-cdk-lib/aws-codedeploy';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { RouteName } from '../../lambdas/functions.ts';
import { acknowledgeRelease } from '../checks/acknowledgements.ts';
import type { Canary, DomainSettings, Environment } from '../environments/environment.ts';
import { provisionedOf, releaseP99Of } from '../environments/function-options.ts';
import { createAlarm } from '../observability/alarm.ts';
import type { PoolMetrics } from '../observability/pool-metrics.ts';
import { releaseAlarms } from '../observability/release-alarms.ts';
import type { TokenFunction } from './token-function.ts';

export interface ReleaseProps {
  readonly environment: Environment;
  readonly settings: DomainSettings;
  readonly operation: RouteName;
  readonly target: TokenFunction;
  readonly metrics: PoolMetrics;
}

const CONFIGURATIONS: Readonly<Record<Canary, ILambdaDeploymentConfig>> = {
  'all-at-once': LambdaDeploymentConfig.ALL_AT_ONCE,
  '10-percent-5-minutes': LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
  '10-percent-15-minutes': LambdaDeploymentConfig.CANARY_10PERCENT_15MINUTES,
};

/**
 * Sends a share of the calls to new code first. CodeDeploy rolls back by itself when an alarm of
 * the release is raised.
 */
export class Release extends Construct {
  readonly alias: Alias;

  constructor(scope: Construct, id: string, { environment, settings, operation, target, metrics }: ReleaseProps) {
    super(scope, id);
    const isOnAws = environment.kind === 'aws';
    const warm = isOnAws ? provisionedOf(settings, operation, environment.provisionedConcurrency) : 0;
    this.alias = target.function.addAlias('live', warm > 0 ? { provisionedConcurrentExecutions: warm } : {});
    if (!isOnAws) return;
    const deployment = new LambdaDeploymentGroup(this, 'Deployment', {
      alias: this.alias,
      deploymentConfig: CONFIGURATIONS[environment.canary],
      alarms: releaseAlarms(operation, this.alias, { metrics, aboveMs: releaseP99Of(settings, operation) }).map(
        (definition) => createAlarm(this, definition.name, definition),
      ),
      autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
    });
    acknowledgeRelease(deployment);
  }
}
