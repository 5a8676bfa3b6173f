import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { GaugeName, Gauges } from '../../metric-names.ts';
import { gauge, METRICS_NAMESPACE } from '../metrics.ts';
import type { Settings } from '../setting-groups.ts';
import { systemClock } from '../system-clock.ts';

/**
 * Publishes one value of each gauge. Rejects when it cannot: an alarm without data must not look
 * like an alarm on a healthy pool.
 */
export type PublishGauges = (gauges: Gauges, deadlineMs: number) => Promise<void>;

/**
 * Publishes gauges to CloudWatch at once, without dimensions. Embedded metrics in log lines would
 * arrive later, and an emulator of AWS does not read them.
 */
export function composeGauges({ GAUGES_TO }: Settings<'pool'>): PublishGauges {
  if (GAUGES_TO === 'log') {
    return async (gauges) => {
      for (const [name, value] of Object.entries(gauges)) gauge(name as GaugeName, value);
    };
  }
  const client = new CloudWatchClient({ maxAttempts: 3 });
  return async (gauges, deadlineMs) => {
    const leftMs = Math.max(1, Math.ceil(deadlineMs - systemClock.monotonicMs()));
    await client.send(
      new PutMetricDataCommand({
        Namespace: METRICS_NAMESPACE,
        MetricData: Object.entries(gauges).map(([MetricName, Value]) => ({ MetricName, Value })),
      }),
      { abortSignal: AbortSignal.timeout(leftMs) },
    );
  };
}
