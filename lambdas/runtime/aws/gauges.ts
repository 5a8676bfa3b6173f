import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { gauge, METRICS_NAMESPACE } from '../metrics.ts';
import type { Settings } from '../settings.ts';
import { systemClock } from '../system-clock.ts';

/** Levels at this moment, by name. Rejects when they cannot be published: an alarm that sees nothing must not look like one that sees no harm. */
export type PublishGauges = (gauges: Readonly<Record<string, number>>, deadlineMs: number) => Promise<void>;

/**
 * The gauges that alarms watch. Published at once on AWS, under a name and a namespace of their own and without dimensions, because the embedded metrics of
 * log lines come late and not everywhere (an emulator does not read them).
 */
export function composeGauges({ GAUGES_TO }: Settings<'pool'>): PublishGauges {
  if (GAUGES_TO === 'log') {
    return async (gauges) => {
      for (const [name, value] of Object.entries(gauges)) gauge(name, {}, value);
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
