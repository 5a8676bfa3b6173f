import type { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Alarm, AnomalyDetectionAlarm, ComparisonOperator, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** When a period breaches. `aboveUsualBy`: standard deviations above what CloudWatch predicts. */
export type Threshold =
  | { readonly above: number }
  | { readonly atLeast: number }
  | { readonly below: number }
  | { readonly aboveUsualBy: number };

/** Whom an alarm notifies: an operator at any hour, or one in working hours. */
export type Severity = 'page' | 'day';

export interface AlarmDefinition {
  /** The alarm's name after the prefix of its domain. Default: `runbook`. */
  readonly name?: string;
  /** The anchor of the alarm's entry in docs/runbook.md. */
  readonly runbook: string;
  /** `null`: the alarm acts, and notifies no operator. */
  readonly severity: Severity | null;
  /** One sentence: what has happened when the alarm is raised. */
  readonly meaning: string;
  readonly metric: IMetric;
  readonly threshold: Threshold;
  /** How many periods must breach to raise the alarm. */
  readonly periods: number;
  /** Within how many of the latest periods. Default: `periods`, so that all of them must breach. */
  readonly outOf?: number;
  /** How a period without data counts. */
  readonly missingData: TreatMissingData;
}

/** An alarm's full name, such as `prod-card-pool-low`. */
export const alarmNameOf = (prefix: string, { name, runbook }: AlarmDefinition): string =>
  `${prefix}-${name ?? runbook}`;

/** Creates an alarm without actions. Without `alarmName`, CloudFormation generates the name. */
export function createAlarm(scope: Construct, id: string, definition: AlarmDefinition, alarmName?: string): Alarm {
  const { meaning, runbook, metric, threshold, periods, outOf = periods, missingData } = definition;
  const shared = {
    ...(alarmName === undefined ? {} : { alarmName }),
    alarmDescription: `${meaning} Runbook: docs/runbook.md#${runbook}`,
    metric,
    evaluationPeriods: outOf,
    datapointsToAlarm: periods,
    treatMissingData: missingData,
  };
  if ('aboveUsualBy' in threshold) {
    return new AnomalyDetectionAlarm(scope, id, {
      ...shared,
      stdDevs: threshold.aboveUsualBy,
      comparisonOperator: ComparisonOperator.GREATER_THAN_UPPER_THRESHOLD,
    });
  }
  return new Alarm(scope, id, { ...shared, ...comparisonOf(threshold) });
}

/** Publishes to the topic when the alarm is raised and when it clears. */
export function notify(alarm: Alarm, topic: ITopic): void {
  alarm.addAlarmAction(new SnsAction(topic));
  alarm.addOkAction(new SnsAction(topic));
}

function comparisonOf(threshold: Exclude<Threshold, { readonly aboveUsualBy: number }>) {
  if ('above' in threshold) {
    return { comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD, threshold: threshold.above };
  }
  if ('atLeast' in threshold) {
    return { comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD, threshold: threshold.atLeast };
  }
  return { comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD, threshold: threshold.below };
}
