import { RemovalPolicy } from 'aws-cdk-lib';
import type { Environment } from './environment.ts';

/** The retentions that CloudWatch Logs knows, in days, up to two years. */
export const LOG_RETENTION_DAYS: readonly number[] = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731];

/** Evidence outlives its stack in production, and is gone with it elsewhere. */
export const keptInProduction = (environment: Environment): RemovalPolicy =>
  environment.name === 'prod' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
