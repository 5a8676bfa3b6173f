import { evaluateMath, type Value } from './metric-math.ts';

interface Dimension {
  readonly Name: string;
  readonly Value: unknown;
}

interface MetricIdentity {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly Dimension[];
}

interface MetricQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly ReturnData?: boolean;
  readonly MetricStat?: { readonly Metric: MetricIdentity; readonly Period: number; readonly Stat: string };
}

/** The properties of an alarm in a template. */
export interface AlarmProperties extends Partial<MetricIdentity> {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly Statistic?: string;
  readonly Period?: number;
  readonly Metrics?: readonly MetricQuery[];
  readonly ComparisonOperator: string;
  readonly Threshold?: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly TreatMissingData: string;
  readonly AlarmActions?: readonly unknown[];
  readonly OKActions?: readonly unknown[];
}

export type AlarmState = 'OK' | 'ALARM';

/** All values that each metric got in one minute, by the metric's key. */
export type Minute = ReadonlyMap<string, readonly number[]>;

/** The identity of a metric in CloudWatch: namespace, name and exactly these dimensions. */
export const metricKey = (namespace: string, name: string, dimensions: Readonly<Record<string, unknown>>): string =>
  JSON.stringify([namespace, name, Object.entries(dimensions).toSorted(([a], [b]) => (a < b ? -1 : 1))]);

const keyOf = ({ Namespace, MetricName, Dimensions = [] }: MetricIdentity): string =>
  metricKey(Namespace, MetricName, Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])));

/** All metrics that an alarm reads. */
export function metricsOf({ Namespace, MetricName, Dimensions, Metrics = [] }: AlarmProperties): readonly {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
}[] {
  const plain =
    Namespace === undefined || MetricName === undefined
      ? []
      : [{ Namespace, MetricName, ...(Dimensions === undefined ? {} : { Dimensions }) }];
  const queried = Metrics.flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Metric]));
  return [...plain, ...queried].map((metric) => ({
    key: keyOf(metric),
    namespace: metric.Namespace,
    name: metric.MetricName,
  }));
}

/**
 * The state of a threshold alarm after these minutes, the newest last. As in CloudWatch, M of the
 * last N periods must breach, and TreatMissingData decides about periods without data. CloudWatch
 * reads some earlier periods when data is missing, which can only delay a change.
 */
export function stateAfter(alarm: AlarmProperties, minutes: readonly Minute[], before: AlarmState): AlarmState {
  const periodMinutes = periodOf(alarm) / 60;
  const needed = alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods;
  let breaching = 0;
  let notBreaching = 0;
  for (let back = 0; back < alarm.EvaluationPeriods; back += 1) {
    const end = minutes.length - back * periodMinutes;
    const value = datumOf(alarm, minutes.slice(Math.max(0, end - periodMinutes), Math.max(0, end)));
    if (value === undefined && alarm.TreatMissingData === 'ignore') continue;
    const isBreaching = value === undefined ? alarm.TreatMissingData === 'breaching' : breaches(alarm, value);
    if (isBreaching) breaching += 1;
    else notBreaching += 1;
  }
  if (breaching >= needed) return 'ALARM';
  return notBreaching > alarm.EvaluationPeriods - needed ? 'OK' : before;
}

function periodOf({ Period, Metrics = [] }: AlarmProperties): number {
  const periods = new Set(Metrics.flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Period])));
  const [period] = Period === undefined ? periods : [Period];
  if (period === undefined || periods.size > 1) throw new Error('All metrics of an alarm must have the same period.');
  return period;
}

function datumOf(alarm: AlarmProperties, minutes: readonly Minute[]): Value {
  const { Namespace, MetricName, Dimensions = [], Statistic, Metrics } = alarm;
  if (Metrics === undefined) {
    if (Namespace === undefined || MetricName === undefined || Statistic === undefined)
      throw new Error(`${alarm.AlarmName} has neither a metric with a statistic nor expressions`);
    return statisticOf(valuesOf({ Namespace, MetricName, Dimensions }, minutes), Statistic);
  }
  const queryValue = (id: string): Value => {
    const query = Metrics.find(({ Id }) => Id === id);
    if (query?.MetricStat !== undefined) {
      return statisticOf(valuesOf(query.MetricStat.Metric, minutes), query.MetricStat.Stat);
    }
    if (query?.Expression === undefined) throw new Error(`${alarm.AlarmName} has no metric with the id ${id}`);
    return evaluateMath(query.Expression, queryValue);
  };
  const returned = Metrics.filter(({ ReturnData }) => ReturnData !== false);
  if (returned.length !== 1) throw new Error(`${alarm.AlarmName} must return exactly one metric`);
  return queryValue(returned[0]?.Id ?? '');
}

const valuesOf = (metric: MetricIdentity, minutes: readonly Minute[]): readonly number[] =>
  minutes.flatMap((minute) => minute.get(keyOf(metric)) ?? []);

function statisticOf(values: readonly number[], statistic: string): Value {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const sum = values.reduce((total, value) => total + value, 0);
  switch (statistic) {
    case 'Sum':
      return sum;
    case 'SampleCount':
      return values.length;
    case 'Average':
      return sum / values.length;
    case 'Minimum':
      return sorted[0];
    case 'Maximum':
      return sorted.at(-1);
    case 'p99':
      return sorted[Math.min(values.length - 1, Math.floor(values.length * 0.99))];
    default:
      throw new Error(`The statistic ${statistic} is not supported here.`);
  }
}

function breaches({ ComparisonOperator, Threshold = Number.NaN }: AlarmProperties, value: number): boolean {
  switch (ComparisonOperator) {
    case 'GreaterThanThreshold':
      return value > Threshold;
    case 'GreaterThanOrEqualToThreshold':
      return value >= Threshold;
    case 'LessThanThreshold':
      return value < Threshold;
    default:
      throw new Error(`The comparison ${ComparisonOperator} is not supported here.`);
  }
}
