import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';

/** A metric of all connections of a proxy, which CDK has no methods for. */
export const proxyMetric = (
  proxyName: string,
  metricName: string,
  statistic: string,
  period = Duration.minutes(5),
): Metric =>
  new Metric({ namespace: 'AWS/RDS', metricName, dimensionsMap: { ProxyName: proxyName }, statistic, period });
