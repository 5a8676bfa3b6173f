import { RemovalPolicy } from 'aws-cdk-lib';
import type { Environment } from './environment.ts';

/** The retention periods that CloudWatch Logs accepts, in days, up to two years. */
export const LOG_RETENTION_DAYS: readonly number[] = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731];

/**
 * Keys, logs, secrets and card events of production remain when their stack is deleted. If the
 * deployment that creates them fails, they are deleted, because their fixed names would make the
 * next attempt fail.
 */
export const keptInProduction = (environment: Environment): RemovalPolicy =>
  environment.isProduction ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
