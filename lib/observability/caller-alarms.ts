import { Duration } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { ROUTES } from '../../lambdas/api/routes.ts';
import { API_STAGE } from '../api/api-access.ts';
import type { Consumer, DomainSettings } from '../environments/environment.ts';
import type { AlarmRecord } from './alarm.ts';
import { type PoolMetrics, sumOf } from './pool-metrics.ts';

const FIVE_MINUTES = Duration.minutes(5);
const HOUR = Duration.hours(1);
const QUARTER_HOUR = Duration.minutes(15);

/** 403s in five minutes that a caller's wrong configuration explains. */
const USUAL_FORBIDDEN = 20;

/** Invocations beyond the API's own that the edges of a period explain, beside one in a hundred. */
const STRAY_INVOCATIONS = 5;

const BUDGET_KINDS = ['lookup-miss', 'detokenize-refusal', 'creation-of-existing'] as const;

export interface CallerAlarmsProps {
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
  readonly metrics: PoolMetrics;
  readonly settings: DomainSettings;
  /** The account that the API is in; its own callers are watched too. */
  readonly account: string;
  readonly restApi: RestApi;
  readonly detokenize: IFunction;
}

/** Alarms on callers that guess, are refused, or come past the API. */
export function callerAlarms(props: CallerAlarmsProps): readonly AlarmRecord[] {
  const { name, metrics, settings, account } = props;
  return [
    {
      runbook: 'caller-budget-spent',
      meaning: 'A caller was refused because it asked too often for what does not exist.',
      metric: metrics.counter('CallerBudgetSpent', {}, { period: FIVE_MINUTES }),
      rings: { above: 0 },
      periods: 1,
      missing: TreatMissingData.NOT_BREACHING,
    },
    ...watchedAccounts(settings.consumers, account).map(([label, watched]) =>
      refusalsAlarm(label, watched, metrics, settings.unusualCallerAnswersPerHour),
    ),
    {
      runbook: 'requests-forbidden',
      meaning: `More than ${USUAL_FORBIDDEN} requests of five minutes were refused with 403.`,
      metric: new Metric({ ...forbiddenMetric(name), statistic: 'Sum', period: FIVE_MINUTES }),
      rings: { above: USUAL_FORBIDDEN },
      periods: 1,
      missing: TreatMissingData.NOT_BREACHING,
    },
    directInvocationAlarm(props),
  ];
}

/** By account and not by role: an account can make itself many roles, each with a budget of its own. */
function refusalsAlarm(label: string, account: string, metrics: PoolMetrics, above: number): AlarmRecord {
  return {
    name: `caller-refusals-${label}`,
    runbook: 'caller-refusals',
    meaning: `Callers of ${label} were told more than ${above} times in an hour that a card or reference does not exist, or already did.`,
    metric: sumOf(
      BUDGET_KINDS.map((kind) => metrics.counter('CallerAnswers', { account, kind }, { period: HOUR })),
      { label: 'answers that help a guesser', period: HOUR },
    ),
    rings: { above },
    periods: 1,
    missing: TreatMissingData.NOT_BREACHING,
  };
}

/** Each account once, by the name of its first consumer. */
function watchedAccounts(consumers: readonly Consumer[], own: string): readonly (readonly [string, string])[] {
  const names = new Map<string, string>();
  for (const { name, account } of consumers) if (!names.has(account)) names.set(account, name);
  if (!names.has(own)) names.set(own, 'own-account');
  return [...names].map(([account, name]) => [name, account] as const);
}

/** The metric that API Gateway's access log is filtered into. Its namespace is not the functions': they do not write it. */
export const forbiddenMetric = (name: string) => ({
  namespace: `CardTokenizationPoolAccess/${name}`,
  metricName: 'RequestsForbidden',
});

/** Who invokes the function past the API chooses which caller the audit record names. */
function directInvocationAlarm({ restApi, detokenize }: CallerAlarmsProps): AlarmRecord {
  const route = ROUTES.find(({ operation }) => operation === 'detokenize');
  const integrations = new Metric({
    namespace: 'AWS/ApiGateway',
    metricName: 'IntegrationLatency',
    dimensionsMap: {
      ApiName: restApi.restApiName,
      Stage: API_STAGE,
      Method: route?.method ?? '',
      Resource: route?.path ?? '',
    },
    statistic: 'SampleCount',
    period: QUARTER_HOUR,
  });
  return {
    runbook: 'direct-invocation',
    meaning: 'The function detokenize was invoked more often than the API called it.',
    // By SUM, so that what is missing counts as nothing.
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
    rings: { above: STRAY_INVOCATIONS },
    periods: 1,
    missing: TreatMissingData.NOT_BREACHING,
  };
}
