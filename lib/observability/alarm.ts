import { Alarm, ComparisonOperator, type IMetric, type TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** The runbook's entries for alarms, by the anchors of their headings. */
export type RunbookEntry =
  | 'pool-low'
  | 'pool-empty'
  | 'minutes-to-empty'
  | 'prefetch-failed'
  | 'prefetch-missed'
  | 'stale-reservations'
  | 'outbox-age'
  | 'events-refused'
  | 'quarantine-growing'
  | 'tokens-leaked'
  | 'purge-behind'
  | 'health-silent'
  | 'breaker-open'
  | 'tome-rate-limited'
  | 'direct-path-share'
  | 'api-errors'
  | 'api-latency'
  | 'detokenize-unusual'
  | 'caller-budget-spent'
  | 'caller-refusals'
  | 'requests-forbidden'
  | 'direct-invocation'
  | 'dead-letters'
  | 'card-number-masked'
  | 'database-silent'
  | 'database-busy'
  | 'database-at-capacity'
  | 'refill-wanted'
  | 'a-release-rolled-back';

/** One alarm: what it watches, when it rings, and where people read what to do. */
export interface AlarmRecord {
  /** Its name after the environment's and the domain's; the runbook entry's unless several alarms share one. */
  readonly name?: string;
  readonly runbook: RunbookEntry;
  /** What has happened when it rings, in one sentence. */
  readonly meaning: string;
  readonly metric: IMetric;
  readonly rings: { readonly above: number } | { readonly atLeast: number } | { readonly below: number };
  /** It rings after so many of the metric's periods in a row, and clears with the first that is not so. */
  readonly periods: number;
  /** What a period without data counts as. */
  readonly missing: TreatMissingData;
}

/** What the description of every alarm ends with. */
export const runbookLink = (entry: RunbookEntry): string => `Runbook: docs/runbook.md#${entry}`;

/** Makes an alarm from its record. It tells the topic when it rings and when it clears. */
export function raise(scope: Construct, prefix: string, topic: ITopic, record: AlarmRecord): Alarm {
  const name = record.name ?? record.runbook;
  const [comparisonOperator, threshold] = conditionOf(record.rings);
  const alarm = new Alarm(scope, name, {
    alarmName: `${prefix}-${name}`,
    alarmDescription: `${record.meaning} ${runbookLink(record.runbook)}`,
    metric: record.metric,
    comparisonOperator,
    threshold,
    evaluationPeriods: record.periods,
    datapointsToAlarm: record.periods,
    treatMissingData: record.missing,
  });
  tell(alarm, topic);
  return alarm;
}

/** Has the topic told of both changes. */
export function tell(alarm: Alarm, topic: ITopic): void {
  alarm.addAlarmAction(new SnsAction(topic));
  alarm.addOkAction(new SnsAction(topic));
}

function conditionOf(rings: AlarmRecord['rings']): readonly [ComparisonOperator, number] {
  if ('above' in rings) return [ComparisonOperator.GREATER_THAN_THRESHOLD, rings.above];
  if ('atLeast' in rings) return [ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD, rings.atLeast];
  return [ComparisonOperator.LESS_THAN_THRESHOLD, rings.below];
}
