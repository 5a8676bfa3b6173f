import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { functionNames } from '../../lambdas/function-names.ts';
import { readSettings } from '../../lambdas/runtime/settings.ts';
import { type AlarmProperties, type AlarmState, type Minute, metricsOf, stateAfter } from './alarm-evaluation.ts';
import { type ObservedDomain, observedDomain } from './observed-domain.ts';
import { synthesized } from './synthesized-environment.ts';

let prod: ObservedDomain;
let local: ObservedDomain;

beforeAll(() => {
  prod = observedDomain('prod');
  local = observedDomain('local');
});

test('every alarm notifies when raised and when cleared, through one of two encrypted topics of this account', () => {
  for (const { alarms, template } of [prod, local]) {
    const topics = Object.keys(template.findResources('AWS::SNS::Topic'));
    expect(topics.map((id) => id.replace(/[0-9A-F]{8}$/, '')).sort()).toEqual(['DayTopic', 'PageTopic']);
    for (const { AlarmActions, OKActions } of alarms) {
      expect(topics.map((Ref) => ({ Ref }))).toContainEqual(AlarmActions?.[0]);
      expect([AlarmActions?.length, OKActions]).toEqual([1, AlarmActions]);
    }
    template.allResourcesProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
    template.allResourcesProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: [
          { Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
          { Effect: 'Allow', Action: 'sns:Publish', Principal: { Service: 'cloudwatch.amazonaws.com' } },
        ],
      },
    });
    template.hasOutput('PageTopicArn', {});
    template.hasOutput('DayTopicArn', {});
  }
});

test('a page goes to the recipients of alarms, and what can wait to those of working hours', () => {
  const recipientsOf = ({ template }: ObservedDomain) =>
    Object.fromEntries(
      Object.values(template.findResources('AWS::SNS::Subscription')).map(({ Properties }) => [
        Properties['TopicArn'].Ref.replace(/[0-9A-F]{8}$/, ''),
        Properties['Endpoint'],
      ]),
    );
  expect(recipientsOf(prod)).toEqual({
    PageTopic: 'card-tokenization-on-call@bank.example',
    DayTopic: 'card-tokenization-team@bank.example',
  });
  const onCall = 'card-tokenization-dev@bank.example';
  expect(recipientsOf(observedDomain('dev'))).toEqual({ PageTopic: onCall, DayTopic: onCall });
});

test('every alarm name is unique and starts with environment and domain', () => {
  const names = prod.alarms.map(({ AlarmName }) => AlarmName);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !name.startsWith('prod-card-'))).toEqual([]);
});

test('no alarm exceeds the limits of CloudWatch on metrics and evaluated time', () => {
  const daily = observedDomain('prod', { functions: { prefetch: { everyMinutes: 1_440 } } });
  for (const alarm of [...prod.alarms, ...daily.alarms]) {
    expect(metricsOf(alarm).length).toBeLessThanOrEqual(10);
    const { Period = 300, EvaluationPeriods } = alarm;
    expect(Period * EvaluationPeriods).toBeLessThanOrEqual(Period < 3_600 ? 86_400 : 604_800);
  }
});

test('the alarms and the dashboard read the metrics of the proxy under the name that is deployed', () => {
  const { Dimensions } = prod.alarm('proxy-pinned');
  expect(Dimensions).toEqual([{ Name: 'ProxyName', Value: 'prod-card-a-b-c' }]);
  expect(synthesized('prod').one('AWS::RDS::DBProxy', 'prod-card-service').properties.DBProxyName).toBe(
    'prod-card-a-b-c',
  );
  expect(prod.dashboard).toContain('"ClientConnections","ProxyName","prod-card-a-b-c"');
});

test('the dashboard shows functions everywhere, and the proxy and the database on AWS', () => {
  for (const metric of ['ConcurrentExecutions', 'Throttles']) {
    expect(prod.dashboard).toContain(`"AWS/Lambda","${metric}"`);
    expect(local.dashboard).toContain(`"AWS/Lambda","${metric}"`);
  }
  for (const metric of ['DatabaseConnectionsBorrowLatency', 'ServerlessDatabaseCapacity', 'CommitLatency']) {
    expect(prod.dashboard).toContain(`"AWS/RDS","${metric}"`);
  }
  expect(local.dashboard).not.toContain('AWS/RDS');
});

test('in the emulator all alarms are on plain gauges, which it supports', () => {
  expect(local.alarms.length).toBeGreaterThan(0);
  for (const { Metrics, Dimensions, EvaluationPeriods } of local.alarms) {
    expect([Metrics, Dimensions, EvaluationPeriods]).toEqual([undefined, undefined, 1]);
  }
});

test("alarms use the functions' defaults for settings that the environment does not set", () => {
  const settings = readSettings(['pool', 'settle'], {});
  const { POOL_COVER_MINUTES } = prod.settings.settings;
  expect(prod.alarm('minutes-to-empty').Threshold).toBe(POOL_COVER_MINUTES * settings.POOL_LOW_WATER_RATIO);
  expect(prod.alarm('pool-low').EvaluationPeriods).toBe(settings.POOL_REFILL_LEAD_MINUTES + 2);
  expect(prod.alarm('stale-reservations').Threshold).toBe(settings.RESERVATION_HORIZON_SECONDS + 300);
});

test('on AWS an anomaly alarm also compares the volume of detokenize with the usual one', () => {
  expect(prod.alarm('detokenize-unusual-for-the-hour')).toMatchObject({
    ComparisonOperator: 'GreaterThanUpperThreshold',
    ThresholdMetricId: 'expr_1',
    TreatMissingData: 'notBreaching',
  });
});

/** A minute with these values of the alarm's metrics, by metric name. */
function minuteOf(alarm: AlarmProperties, values: Readonly<Record<string, readonly number[]>>): Minute {
  const metrics = metricsOf(alarm);
  const unknown = Object.keys(values).filter((name) => !metrics.some((metric) => metric.name === name));
  if (unknown.length > 0) throw new Error(`${alarm.AlarmName} does not use the metrics ${unknown.join(', ')}.`);
  return new Map(metrics.map(({ key, name }) => [key, values[name] ?? []]));
}

/** The state of the alarm after each span of equal minutes. */
function statesOver(
  alarm: AlarmProperties,
  spans: readonly (readonly [minutes: number, values: Readonly<Record<string, readonly number[]>>])[],
): readonly AlarmState[] {
  const past: Minute[] = [];
  let state: AlarmState = 'OK';
  return spans.map(([minutes, values]) => {
    for (let minute = 0; minute < minutes; minute += 1) {
      past.push(minuteOf(alarm, values));
      state = stateAfter(alarm, past, state);
    }
    return state;
  });
}

const SLOW = Array.from({ length: 60 }, () => 1_500);
const FAST = Array.from({ length: 60 }, () => 60);

describe('each alarm on metrics of AWS services is raised only by its fault and clears afterwards', () => {
  test.each<[string, Parameters<typeof statesOver>[1], readonly AlarmState[]]>([
    [
      'api-errors',
      [
        [5, { Count: [100], '5XXError': [0] }],
        [5, { Count: [2], '5XXError': [1] }],
        [5, { Count: [100], '5XXError': [2] }],
        [5, { Count: [100], '5XXError': [0] }],
      ],
      ['OK', 'OK', 'ALARM', 'OK'],
    ],
    [
      'api-latency',
      [
        [10, { Count: [60], Latency: FAST }],
        [10, { Count: [1], Latency: [9_000] }],
        [10, { Count: [60], Latency: SLOW }],
        [5, { Count: [60], Latency: FAST }],
      ],
      ['OK', 'OK', 'ALARM', 'OK'],
    ],
    [
      'prefetch-failed',
      [
        [5, { Errors: [0] }],
        [1, { Errors: [1] }],
        [5, {}],
      ],
      ['OK', 'ALARM', 'OK'],
    ],
    [
      'dead-letters-jobs',
      [
        [1, { ApproximateNumberOfMessagesVisible: [0] }],
        [1, { ApproximateNumberOfMessagesVisible: [1] }],
        [30, {}],
        [1, { ApproximateNumberOfMessagesVisible: [0] }],
      ],
      ['OK', 'ALARM', 'ALARM', 'OK'],
    ],
    [
      'dead-letters-alarms',
      [
        [1, { ApproximateNumberOfMessagesVisible: [1] }],
        [1, { ApproximateNumberOfMessagesVisible: [0] }],
      ],
      ['ALARM', 'OK'],
    ],
    [
      'dead-letters-card-events',
      [
        [1, { ApproximateNumberOfMessagesVisible: [3] }],
        [1, { ApproximateNumberOfMessagesVisible: [0] }],
      ],
      ['ALARM', 'OK'],
    ],
    [
      'database-busy',
      [
        [10, { CPUUtilization: [50] }],
        [10, { CPUUtilization: [95] }],
        [5, { CPUUtilization: [50] }],
      ],
      ['OK', 'ALARM', 'OK'],
    ],
    [
      'database-at-capacity',
      [
        [10, { ACUUtilization: [50] }],
        [10, { ACUUtilization: [100] }],
        [5, { ACUUtilization: [50] }],
      ],
      ['OK', 'ALARM', 'OK'],
    ],
    [
      'proxy-pinned',
      [
        [15, { DatabaseConnectionsCurrentlySessionPinned: [0, 2, 0] }],
        [15, { DatabaseConnectionsCurrentlySessionPinned: [1, 2] }],
        [5, { DatabaseConnectionsCurrentlySessionPinned: [1, 0] }],
      ],
      ['OK', 'ALARM', 'OK'],
    ],
    [
      'proxy-sign-in-failed',
      [
        [5, { ClientConnectionsSetupFailedAuth: [0] }],
        [1, { ClientConnectionsSetupFailedAuth: [1] }],
        [5, {}],
      ],
      ['OK', 'ALARM', 'OK'],
    ],
    [
      'proxy-slow',
      [
        [10, { DatabaseConnectionsBorrowLatency: [900, 30_000] }],
        [10, { DatabaseConnectionsBorrowLatency: [150_000, 90_000] }],
        [5, { DatabaseConnectionsBorrowLatency: [900] }],
      ],
      ['OK', 'ALARM', 'OK'],
    ],
    [
      'requests-forbidden',
      [
        [5, { RequestsForbidden: [1] }],
        [5, { RequestsForbidden: [6] }],
        [5, {}],
      ],
      ['OK', 'ALARM', 'OK'],
    ],
    [
      'direct-invocation',
      [
        [15, { Invocations: [100], IntegrationLatency: Array.from({ length: 100 }, () => 50) }],
        [15, { Invocations: [101], IntegrationLatency: Array.from({ length: 100 }, () => 50) }],
        [15, { Invocations: [1] }],
        [15, { IntegrationLatency: [50] }],
        [15, {}],
      ],
      ['OK', 'OK', 'ALARM', 'OK', 'OK'],
    ],
  ])('%s', (name, spans, states) => {
    expect(statesOver(prod.alarm(name), spans)).toEqual(states);
  });

  test('the alarm on masked card numbers of each function, and the one of all logs', () => {
    const masked = prod.alarms.filter(({ AlarmName }) => AlarmName.includes('-card-number-masked-'));
    expect(masked).toHaveLength(functionNames().length + 1);
    for (const alarm of masked) {
      const spans = [
        [5, {}],
        [1, { [alarm.AlarmName.endsWith('-anywhere') ? 'IncomingLogEvents' : 'LogEventsWithFindings']: [1] }],
        [5, {}],
      ] as const;
      expect(statesOver(alarm, spans)).toEqual(['OK', 'ALARM', 'OK']);
    }
  });

  test('every alarm on a metric of an AWS service is tested here', () => {
    const tested =
      /-(api-errors|direct-invocation|api-latency|prefetch-failed|proxy-\w[\w-]*|database-\w[\w-]*|card-number-masked-[\w-]+|dead-letters-(jobs|card-events|alarms))$/;
    const onAws = prod.alarms.filter((alarm) => metricsOf(alarm).some(({ namespace }) => namespace.startsWith('AWS/')));
    expect(onAws.filter(({ AlarmName }) => !tested.test(AlarmName))).toEqual([]);
  });
});
