import { Duration } from 'aws-cdk-lib';
import { type IMetric, type IWidget, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { DatabaseCluster } from 'aws-cdk-lib/aws-rds';
import type { WatchedParts } from './alarms.ts';
import { proxyMetric } from './proxy-metric.ts';
import { graph, row } from './widgets.ts';

const MINUTE = Duration.minutes(1);

/** The rows of a dashboard on Lambda and, on AWS, on the proxy and the database. */
export function platformRows({
  functions,
  cluster,
  proxyName,
}: Pick<WatchedParts, 'functions' | 'cluster' | 'proxyName'>): readonly IWidget[][] {
  return [
    functionsRow(functions),
    ...(proxyName === undefined ? [] : [proxyRow(proxyName)]),
    ...(cluster === undefined ? [] : [databaseRow(cluster)]),
  ];
}

function functionsRow({ api, jobs }: WatchedParts['functions']): IWidget[] {
  const routes = Object.entries(api);
  const all = [...routes, ...Object.entries(jobs)];
  const each = (of: readonly (readonly [string, { function: IFunction }])[], name: string, statistic: string) =>
    of.map(([label, { function: target }]) => target.metric(name, { statistic, period: MINUTE, label }));
  return row(
    graph('Concurrent runs of the API functions', each(routes, 'ConcurrentExecutions', 'Maximum')),
    graph('Duration of the jobs, maximum (ms)', each(Object.entries(jobs), 'Duration', 'Maximum')),
    graph('Errors of functions', each(all, 'Errors', 'Sum'), { stacked: true }),
    graph('Throttled invocations', each(all, 'Throttles', 'Sum'), { stacked: true }),
  );
}

function proxyRow(proxyName: string): IWidget[] {
  const metric = (name: string, statistic: string): IMetric => proxyMetric(proxyName, name, statistic, MINUTE);
  return row(
    graph('Connections of RDS Proxy', [
      metric('ClientConnections', 'Sum'),
      metric('DatabaseConnections', 'Sum'),
      metric('DatabaseConnectionsCurrentlyBorrowed', 'Sum'),
    ]),
    graph('Pinned connections', [metric('DatabaseConnectionsCurrentlySessionPinned', 'Maximum')]),
    graph('Waiting for a connection of RDS Proxy (us)', [
      metric('DatabaseConnectionsBorrowLatency', 'Average'),
      metric('DatabaseConnectionsBorrowLatency', 'Maximum'),
    ]),
    graph('Refused sign-ins', [metric('ClientConnectionsSetupFailedAuth', 'Sum')]),
  );
}

function databaseRow(cluster: DatabaseCluster): IWidget[] {
  const metric = (metricName: string, statistic: string, role?: 'WRITER' | 'READER'): IMetric =>
    new Metric({
      namespace: 'AWS/RDS',
      metricName,
      dimensionsMap: {
        DBClusterIdentifier: cluster.clusterIdentifier,
        ...(role === undefined ? {} : { Role: role }),
      },
      statistic,
      period: MINUTE,
      ...(role === undefined ? {} : { label: `${metricName} (${role.toLowerCase()})` }),
    });
  return row(
    graph('CPU of the database and used capacity (%)', [
      metric('CPUUtilization', 'Maximum', 'WRITER'),
      metric('ACUUtilization', 'Maximum', 'WRITER'),
    ]),
    graph('Capacity (ACU)', [
      metric('ServerlessDatabaseCapacity', 'Average', 'WRITER'),
      metric('ServerlessDatabaseCapacity', 'Average', 'READER'),
    ]),
    graph('Commit latency (ms)', [metric('CommitLatency', 'Average', 'WRITER')]),
    graph('Connections and deadlocks', [
      metric('DatabaseConnections', 'Maximum', 'WRITER'),
      metric('Deadlocks', 'Sum'),
    ]),
  );
}
