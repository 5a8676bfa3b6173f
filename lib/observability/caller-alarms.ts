import { Duration } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { FUNCTIONS } from '../../lambdas/functions.ts';
import type { BudgetKind } from '../../lambdas/tokenization/ports/budget-ledger.ts';
import { type Thresholds, thresholdsOf } from '../environments/alarm-thresholds.ts';
import type { Consumer, DomainSettings } from '../environments/environment.ts';
import type { AlarmDefinition } from './alarm.ts';
import { type PoolMetrics, sumOf } from './pool-metrics.ts';

const FIVE_MINUTES = Duration.minutes(5);
const HOUR = Duration.hours(1);
const QUARTER_HOUR = Duration.minutes(15);

/** The kinds of answers by which a caller learns whether a guessed card or reference exists. */
const REVEALING_ANSWERS = Object.keys({
  'lookup-miss': true,
  'detokenize-refusal': true,
  'creation-of-existing': true,
} satisfies Readonly<Record<BudgetKind, true>>);

export interface CallerAlarmsProps {
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
  readonly metrics: PoolMetrics;
  readonly settings: DomainSettings;
  /** The account of the API. Its own callers are watched like those of consumers. */
  readonly account: string;
  readonly restApi: RestApi;
  readonly apiStage: string;
  readonly detokenize: IFunction;
}

/** Alarms on callers that guess, are refused, request many card numbers, or bypass the API. */
export function callerAlarms(props: CallerAlarmsProps): readonly AlarmDefinition[] {
  const { name, metrics, settings, account } = props;
  const thresholds = thresholdsOf(settings);
  const missingData = TreatMissingData.NOT_BREACHING;
  return [
    ...detokenizeAlarms(metrics, thresholds),
    {
      runbook: 'caller-budget-spent',
      severity: 'page',
      meaning: 'A caller asked too often for cards or references that do not exist, and was refused.',
      metric: metrics.counter('CallerBudgetSpent', {}, { period: FIVE_MINUTES }),
      threshold: { above: 0 },
      periods: 1,
      missingData,
    },
    ...watchedAccounts(settings.consumers, account).map(([label, watched]) =>
      refusalsAlarm(label, watched, metrics, thresholds['caller-refusals']),
    ),
    {
      runbook: 'requests-forbidden',
      severity: 'day',
      meaning: `Within five minutes more than ${thresholds['requests-forbidden']} requests were refused with 403.`,
      metric: new Metric({ ...forbiddenMetric(name), statistic: 'Sum', period: FIVE_MINUTES }),
      // A caller's wrong configuration can cause some.
      threshold: { above: thresholds['requests-forbidden'] },
      periods: 1,
      missingData,
    },
    directInvocationAlarm(props),
  ];
}

/**
 * A fixed limit, and CloudWatch's model of the usual volume by hour and weekday, which also detects
 * an unusual volume below the limit. RequestDuration has one sample for each request, whatever its
 * answer, so requests with guessed references count too.
 */
function detokenizeAlarms(metrics: PoolMetrics, thresholds: Thresholds): readonly AlarmDefinition[] {
  const perMinute = thresholds['detokenize-unusual'];
  const missingData = TreatMissingData.NOT_BREACHING;
  const requests = (period: Duration) =>
    metrics.counter('RequestDuration', { operation: 'detokenize' }, { statistic: 'SampleCount', period });
  return [
    {
      runbook: 'detokenize-unusual',
      severity: 'page',
      meaning: `Callers requested more than ${perMinute} card numbers in a minute.`,
      metric: requests(Duration.minutes(1)),
      threshold: { above: perMinute },
      periods: 1,
      missingData,
    },
    {
      name: 'detokenize-unusual-for-the-hour',
      runbook: 'detokenize-unusual',
      severity: 'page',
      meaning: 'Callers request far more card numbers than is usual at this hour.',
      metric: requests(FIVE_MINUTES),
      threshold: { aboveUsualBy: thresholds['detokenize-unusual-for-the-hour'] },
      periods: 3,
      missingData,
    },
  ];
}

/**
 * Counts by account, not by role: the administrators of an account can create many roles, and each
 * role has its own budget.
 */
function refusalsAlarm(label: string, account: string, metrics: PoolMetrics, above: number): AlarmDefinition {
  return {
    name: `caller-refusals-${label}`,
    runbook: 'caller-refusals',
    severity: 'day',
    meaning: `More than ${above} answers in an hour showed callers of ${label} whether a card or reference exists.`,
    metric: sumOf(
      REVEALING_ANSWERS.map((kind) => metrics.counter('CallerAnswers', { account, kind }, { period: HOUR })),
      { label: 'answers that help a guesser', period: HOUR },
    ),
    threshold: { above },
    periods: 1,
    missingData: TreatMissingData.NOT_BREACHING,
  };
}

/** Each account once, with the name of its first consumer as the label. */
function watchedAccounts(consumers: readonly Consumer[], own: string): readonly (readonly [string, string])[] {
  const names = new Map<string, string>();
  for (const { name, account } of consumers) if (!names.has(account)) names.set(account, name);
  if (!names.has(own)) names.set(own, 'own-account');
  return [...names].map(([account, name]) => [name, account] as const);
}

/**
 * The metric of the filter on API Gateway's access log (lib/api/api.ts). It has its own namespace,
 * because the functions do not write it.
 */
export const forbiddenMetric = (name: string) => ({
  namespace: `CardTokenizationPoolAccess/${name}`,
  metricName: 'RequestsForbidden',
});

/**
 * Compares the invocations of the function with the calls that API Gateway made. The event of a
 * direct invocation can name any caller, and the audit log would record that caller.
 */
function directInvocationAlarm({ settings, restApi, apiStage, detokenize }: CallerAlarmsProps): AlarmDefinition {
  // This path has no word of a vocabulary (lambdas/vocabulary.ts).
  const { method, path } = FUNCTIONS.detokenize.http;
  const integrations = new Metric({
    namespace: 'AWS/ApiGateway',
    metricName: 'IntegrationLatency',
    dimensionsMap: {
      ApiName: restApi.restApiName,
      Stage: apiStage,
      Method: method,
      Resource: path,
    },
    statistic: 'SampleCount',
    period: QUARTER_HOUR,
  });
  return {
    runbook: 'direct-invocation',
    severity: 'page',
    meaning: 'The function detokenize was invoked more often than the API called it.',
    // SUM counts a metric without data as zero; a plain difference would have no result.
    metric: new MathExpression({
      expression: 'SUM([invocations, called])',
      usingMetrics: {
        invocations: detokenize.metricInvocations({ period: QUARTER_HOUR, statistic: 'Sum' }),
        called: new MathExpression({
          expression: '0 - 1.01 * integrations',
          usingMetrics: { integrations },
          period: QUARTER_HOUR,
        }),
      },
      label: 'invocations past the API',
      period: QUARTER_HOUR,
    }),
    // How far both may differ, beside 1%: CloudWatch can count a request and its invocation in
    // different periods.
    threshold: { above: thresholdsOf(settings)['direct-invocation'] },
    periods: 1,
    missingData: TreatMissingData.NOT_BREACHING,
  };
}
