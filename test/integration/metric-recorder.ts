import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { vi } from 'vitest';
import { type Minute, metricKey } from '../infrastructure/alarm-evaluation.ts';

interface EmbeddedMetrics extends Readonly<Record<string, unknown>> {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
}

/**
 * Records the metrics that CloudWatch would receive: the embedded metrics in the output of the
 * functions, and the gauges that they send with PutMetricData.
 */
export class MetricRecorder {
  /** The keys of all metrics that were recorded. */
  readonly seen = new Set<string>();
  readonly #output: readonly string[];
  readonly #published: (readonly [key: string, value: number])[] = [];

  constructor(output: readonly string[]) {
    this.#output = output;
    vi.spyOn(CloudWatchClient.prototype, 'send').mockImplementation((command: unknown) => {
      if (!(command instanceof PutMetricDataCommand))
        throw new Error('The only expected call to CloudWatch is PutMetricData.');
      const { Namespace = '', MetricData = [] } = command.input;
      for (const { MetricName = '', Value = Number.NaN, Dimensions = [] } of MetricData) {
        const dimensions = Object.fromEntries(Dimensions.map(({ Name = '', Value: value }) => [Name, value]));
        this.#published.push([metricKey(Namespace, MetricName, dimensions), Value]);
      }
    });
  }

  /** Returns the values of the metrics that are written while `work` runs. */
  async minute(work: () => Promise<void>): Promise<Minute> {
    const firstLine = this.#output.length;
    this.#published.length = 0;
    await work();
    const minute = new Map<string, number[]>();
    for (const [key, value] of [...this.#output.slice(firstLine).flatMap(embeddedIn), ...this.#published]) {
      minute.set(key, [...(minute.get(key) ?? []), value]);
      this.seen.add(key);
    }
    return minute;
  }
}

/** The embedded metrics in output of the functions, with one entry for each value. */
export function embeddedIn(chunk: string): readonly (readonly [key: string, value: number])[] {
  const lines = chunk.split('\n').filter((line) => line.includes('"CloudWatchMetrics"'));
  return lines.flatMap((line) => {
    const embedded = JSON.parse(line) as EmbeddedMetrics;
    return embedded._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
      Dimensions.flatMap((names) => {
        const dimensions = Object.fromEntries(names.map((name) => [name, embedded[name]]));
        return Metrics.flatMap(({ Name }) =>
          [embedded[Name]].flat().map((value) => [metricKey(Namespace, Name, dimensions), Number(value)] as const),
        );
      }),
    );
  });
}
