import { expect, test } from 'vitest';
import { countParts } from '../../../../scripts/performance/capacity/deployed-parts.ts';
import { monthlyCost, totalOf } from '../../../../scripts/performance/capacity/monthly-cost.ts';

const parts = countParts([
  {
    Endpoint: { Type: 'AWS::EC2::VPCEndpoint', Properties: { SubnetIds: ['a', 'b', 'c'] } },
    Key: { Type: 'AWS::KMS::Key' },
  },
  {
    Cluster: {
      Type: 'AWS::RDS::DBCluster',
      Properties: {
        ServerlessV2ScalingConfiguration: { MinCapacity: 2, MaxCapacity: 32 },
        ManageMasterUserPassword: true,
      },
    },
    Writer: { Type: 'AWS::RDS::DBInstance' },
    Reader: { Type: 'AWS::RDS::DBInstance' },
    Proxy: { Type: 'AWS::RDS::DBProxy' },
  },
  {
    Api: { Type: 'AWS::ApiGateway::RestApi' },
    Create: { Type: 'AWS::Lambda::Function', Properties: { MemorySize: 1_024 } },
    Live: {
      Type: 'AWS::Lambda::Alias',
      Properties: {
        FunctionName: { Ref: 'Create' },
        ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 5 },
      },
    },
    Low: { Type: 'AWS::CloudWatch::Alarm', Properties: { MetricName: 'PoolAvailable' } },
    Unusual: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        ThresholdMetricId: 'band',
        Metrics: [
          { Id: 'm', MetricStat: {} },
          { Id: 'band', Expression: 'ANOMALY_DETECTION_BAND(m)' },
        ],
      },
    },
    Acl: { Type: 'AWS::WAFv2::WebACL', Properties: { Rules: [{}, {}, {}] } },
  },
]);
const units = { bytesPerPair: 500, logBytesPerCard: 4_000, logBytesPerJobRun: 2_000 };
const month = (cardsPerDay: number, storedPairs = 0) => monthlyCost(parts, { cardsPerDay, storedPairs }, units);
const lineOf = (what: string, cardsPerDay = 0) => month(cardsPerDay).find((line) => line.what === what)?.dollars ?? 0;

test('countParts counts the paid parts of the templates', () => {
  expect(parts).toEqual({
    domains: 1,
    auroraLeastAcu: 4,
    proxies: 1,
    acuBehindProxy: 4,
    endpoints: 3,
    warmGb: 5,
    keys: 1,
    secrets: 1,
    alarmMetrics: 4,
    dashboards: 0,
    webAcls: 1,
    webAclRules: 3,
  });
});

test('an idle month has fixed costs only', () => {
  expect(lineOf('Aurora, minimum capacity')).toBeCloseTo(4 * 730 * 0.12, 6);
  expect(lineOf('RDS Proxy')).toBeCloseTo(8 * 730 * 0.015, 6);
  expect(lineOf('Interface endpoints')).toBeCloseTo(3 * 730 * 0.01, 6);
  expect(lineOf('WAF, fixed')).toBe(8);
  for (const what of [
    'API Gateway',
    'WAF of requests',
    'Lambda of requests',
    'SQS',
    'Traces',
    'Aurora storage and its backup',
  ]) {
    expect([what, lineOf(what)]).toEqual([what, 0]);
  }
});

test('more requests change the cost of requests, and not the fixed costs', () => {
  expect(lineOf('API Gateway', 100_000)).toBeCloseTo(6 * 3.5, 6);
  expect(lineOf('API Gateway', 1_000_000)).toBeCloseTo(10 * lineOf('API Gateway', 100_000), 6);
  expect(lineOf('KMS keys', 1_000_000)).toBe(lineOf('KMS keys'));
});

test('the storage cost includes the pairs of earlier months', () => {
  const storage = (storedPairs: number) =>
    month(100_000, storedPairs).find(({ what }) => what === 'Aurora storage and its backup')?.dollars ?? 0;
  expect(storage(36_500_000) - storage(0)).toBeCloseTo(36.5e6 * 500 * 1e-9 * 0.121, 6);
});

test('the total is the sum of the lines, and each line has its calculation', () => {
  const lines = month(100_000);
  expect(totalOf(lines)).toBeCloseTo(
    lines.reduce((sum, { dollars }) => sum + dollars, 0),
    6,
  );
  expect(lines.find(({ what }) => what === 'Aurora, minimum capacity')?.because).toBe('4 ACU x 730 h x 0.12');
});
