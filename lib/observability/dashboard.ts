import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  type IAlarm,
  type IMetric,
  MathExpression,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { routeNames } from '../../lambdas/function-names.ts';
import { FUNCTIONS } from '../../lambdas/functions.ts';
import type { WatchedParts } from './alarms.ts';
import { platformRows } from './platform-rows.ts';
import { type PoolMetrics, sumOf } from './pool-metrics.ts';
import { graph, number, row, WHOLE_WIDTH } from './widgets.ts';

export interface DashboardProps {
  /** The dashboard's name, such as `prod-card`. */
  readonly name: string;
  readonly metrics: PoolMetrics;
  readonly parts: Pick<WatchedParts, 'restApi' | 'functions' | 'cluster' | 'proxyName'>;
  readonly alarms: readonly IAlarm[];
}

/** The operations that call TOME. With the dual-call strategy each makes two TOME calls. */
const TOME_OPERATIONS = routeNames().filter((name) => FUNCTIONS[name].access.tome);

const LIVE_ENDPOINTS = [
  ['ns1', 'tokenize'],
  ['ns1', 'lookup'],
  ['ns1', 'detokenize'],
  ['ns2', 'tokenize'],
  ['ns2', 'lookup'],
  ['ns2', 'detokenize'],
] as const;

const BATCH_ENDPOINTS = [
  ['ns1', 'prefetch'],
  ['ns2', 'prefetch'],
  ['ns2', 'tokenize'],
  ['ns2', 'bulk-tokenize'],
] as const;

const MINUTE = Duration.minutes(1);

/**
 * The dashboard of a producer domain: alarms, pool, TOME calls, latencies and answers; then the
 * functions, the proxy and the database.
 */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { name, metrics, parts, alarms }: DashboardProps) {
    super(scope, id);
    const stage = parts.restApi.deploymentStage;
    new CloudWatchDashboard(this, 'Page', {
      dashboardName: name,
      defaultInterval: Duration.hours(3),
      widgets: [
        [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: WHOLE_WIDTH, height: 3 })],
        row(
          number('Minutes to empty', metrics.gauge('MinutesToEmpty')),
          graph('Pairs', [
            metrics.gauge('PoolAvailable'),
            metrics.gauge('PoolLowWater'),
            metrics.gauge('PoolTarget'),
            metrics.gauge('PoolRecommended'),
            metrics.gauge('PoolStaged'),
          ]),
          graph('Pairs a minute', [metrics.gauge('ConsumedPerMinute'), metrics.gauge('RefilledPerMinute')]),
          graph('Pairs outside the pool', [
            metrics.gauge('PoolReserved'),
            metrics.gauge('PoolQuarantined'),
            metrics.gauge('QuarantinedLastHour'),
            metrics.gauge('SpareTokens'),
          ]),
        ),
        row(
          graph('Live TOME calls, compared with the dual-call strategy', comparedWithDualCalls(metrics)),
          graph('Live TOME calls by endpoint', tomeCalls(LIVE_ENDPOINTS, 'live', metrics), { stacked: true }),
          graph('Batch TOME calls by endpoint', tomeCalls(BATCH_ENDPOINTS, 'batch', metrics), { stacked: true }),
          graph('Live TOME calls by endpoint, p99 (ms)', tomeCalls(LIVE_ENDPOINTS, 'live', metrics, 'p99')),
        ),
        row(...TOME_OPERATIONS.map((operation) => graph(`${operation} (ms)`, latencies(operation, metrics)))),
        row(
          graph('Answers', [
            stage.metricCount({ period: MINUTE, statistic: 'Sum', label: 'requests' }),
            stage.metricClientError({ period: MINUTE, statistic: 'Sum', label: '4xx' }),
            stage.metricServerError({ period: MINUTE, statistic: 'Sum', label: '5xx' }),
          ]),
          graph('TOME: rate limits, breakers, token requests, odd references', [
            metrics.counter('TomeRateLimited', {}),
            metrics.counter('BreakerOpened', {}),
            metrics.counter('TomeTokenRequestsFailed', {}),
            metrics.counter('TokenizerEvents', { event: 'reference-odd' }, { label: 'odd references' }),
          ]),
          graph('Creations by the direct path (%)', [directPathShare(metrics)]),
          graph('Oldest reservation and event (s)', [
            metrics.gauge('OldestReservedSeconds'),
            metrics.gauge('OldestEventSeconds'),
          ]),
        ),
        ...platformRows(parts),
      ],
    });
  }
}

const latencies = (operation: string, metrics: PoolMetrics): readonly IMetric[] =>
  ['p50', 'p95', 'p99'].map((statistic) =>
    metrics.counter('RequestDuration', { operation }, { statistic, label: statistic }),
  );

/** TomeCallDuration has one sample for each call, so SampleCount is the number of calls. */
const tomeCalls = (
  endpoints: readonly (readonly [namespace: string, operation: string])[],
  lane: 'live' | 'batch',
  metrics: PoolMetrics,
  statistic: 'SampleCount' | 'p99' = 'SampleCount',
) =>
  endpoints.map(([namespace, operation]) =>
    metrics.counter(
      'TomeCallDuration',
      { namespace, operation, lane },
      { statistic, label: `${namespace} ${operation}` },
    ),
  );

/** The measured saving (docs/design.md#the-three-ways-to-tokenize). */
function comparedWithDualCalls(metrics: PoolMetrics): readonly IMetric[] {
  const requests = sumOf(
    TOME_OPERATIONS.map((operation) => metrics.counter('RequestDuration', { operation }, { statistic: 'SampleCount' })),
    { label: 'requests', ids: 'request' },
  );
  return [
    sumOf(tomeCalls(LIVE_ENDPOINTS, 'live', metrics), { label: 'live calls', ids: 'live' }),
    new MathExpression({
      expression: '2 * requests',
      usingMetrics: { requests },
      label: 'with the dual-call strategy',
      period: MINUTE,
    }),
  ];
}

const directPathShare = (metrics: PoolMetrics): IMetric =>
  new MathExpression({
    expression: '100 * direct / SUM([direct, pooled])',
    usingMetrics: {
      direct: metrics.counter('TokenizerEvents', { event: 'direct-path' }),
      pooled: metrics.counter('TokenizerEvents', { event: 'card-created' }),
    },
    label: 'direct path (%)',
    period: MINUTE,
  });
