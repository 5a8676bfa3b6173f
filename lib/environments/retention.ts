import { RemovalPolicy } from 'aws-cdk-lib';
import type { Environment } from './environment.ts';

/** The retention periods that CloudWatch Logs accepts, in days, up to two years. */
export const LOG_RETENTION_DAYS: readonly number[] = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731];

/** Logs and secrets of production remain when their stack is deleted. */
export const keptInProduction = (environment: Environment): RemovalPolicy =>
  environment.isProduction ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
