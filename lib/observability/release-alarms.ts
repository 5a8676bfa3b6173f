import { Duration } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import type { RouteName } from '../../lambdas/functions.ts';
import type { AlarmDefinition } from './alarm.ts';
import type { PoolMetrics } from './pool-metrics.ts';

type ReleaseAlarm = AlarmDefinition & { readonly name: string };

/** The alarms that roll back a release of one API function. `name` is the construct id. */
export function releaseAlarms(
  operation: RouteName,
  alias: Alias,
  { metrics, aboveMs }: { readonly metrics: PoolMetrics; readonly aboveMs: number },
): readonly ReleaseAlarm[] {
  const period = Duration.minutes(1);
  const shared = {
    runbook: 'a-release-rolled-back',
    severity: null,
    threshold: { above: 0 },
    periods: 1,
    missingData: TreatMissingData.NOT_BREACHING,
  } as const;
  return [
    {
      ...shared,
      name: 'Errors',
      meaning: meaningOf('the function fails'),
      metric: alias.metricErrors({ period }),
    },
    {
      ...shared,
      // The handler answers an unexpected error with 500, which Lambda counts as a success.
      name: 'Faults',
      meaning: meaningOf('the function answers with status 500'),
      metric: metrics.counter('Requests', { operation, status: '500' }, { period }),
    },
    {
      ...shared,
      name: 'Latency',
      meaning: meaningOf('the function is slow'),
      metric: alias.metricDuration({ period, statistic: 'p99' }),
      threshold: { above: aboveMs },
      // One slow minute is normal, because new code starts cold.
      periods: 2,
      outOf: 3,
    },
    {
      ...shared,
      name: 'Breaker',
      meaning: meaningOf('a circuit breaker for TOME opens'),
      metric: metrics.counter('BreakerOpened', {}, { period }),
    },
  ];
}

const meaningOf = (what: string): string => `During a release ${what}, so the release is rolled back.`;
