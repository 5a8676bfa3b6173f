import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { CfnMethod, CfnRestApi, CfnStage } from 'aws-cdk-lib/aws-apigateway';
import { CfnSecurityGroup, CfnSecurityGroupIngress, CfnSubnet } from 'aws-cdk-lib/aws-ec2';
import { CfnManagedPolicy, CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnKey } from 'aws-cdk-lib/aws-kms';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnDBCluster, CfnDBClusterParameterGroup, CfnDBInstance, CfnDBProxy } from 'aws-cdk-lib/aws-rds';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnTopic, CfnTopicPolicy } from 'aws-cdk-lib/aws-sns';
import { CfnQueue, CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs';
import { expect, test } from 'vitest';
import { ACCESS_RULES } from '../../lib/checks/pci-dss-401-access-rules.ts';
import { PciDss401Checks } from '../../lib/checks/pci-dss-401-checks.ts';
import { DATA_RULES } from '../../lib/checks/pci-dss-401-data-rules.ts';
import { NETWORK_RULES } from '../../lib/checks/pci-dss-401-network-rules.ts';

type Planted = readonly [rule: string, what: string, plant: (stack: Stack) => unknown];

const KEY = 'arn:aws:kms:us-east-1:111111111111:key/own';
const allow = (statement: object) => ({ Statement: [{ Effect: 'Allow', Resource: '*', ...statement }] });
const code = { s3Bucket: 'b', s3Key: 'k' };
const lambda = (stack: Stack, variables: Record<string, string>) =>
  new CfnFunction(stack, 'Planted', { code, role: 'arn:aws:iam::111111111111:role/r', environment: { variables } });
const ACCESS_LOG_FORMAT = [
  '$context.identity.userArn',
  '$context.identity.sourceIp',
  '$context.requestTime',
  '$context.resourcePath',
  '$context.status',
].join(' ');
const stage = (stack: Stack, format: string, dataTraceEnabled = false) =>
  new CfnStage(stack, 'Planted', {
    restApiId: 'a',
    accessLogSetting: { destinationArn: 'arn', format },
    methodSettings: [{ httpMethod: '*', resourcePath: '/*', dataTraceEnabled }],
  });

const VIOLATIONS: readonly Planted[] = [
  [
    'NoRangesOfAddresses',
    'a group open to the world',
    (stack) =>
      new CfnSecurityGroup(stack, 'Planted', {
        groupDescription: 'g',
        securityGroupIngress: [{ ipProtocol: 'tcp', cidrIp: '0.0.0.0/0' }],
      }),
  ],
  [
    'NoRangesOfAddresses',
    'a rule for a range',
    (stack) => new CfnSecurityGroupIngress(stack, 'Planted', { ipProtocol: 'tcp', cidrIpv6: '::/0' }),
  ],
  [
    'NoWayToTheInternet',
    'an internet gateway',
    (stack) => new CfnResource(stack, 'Planted', { type: 'AWS::EC2::InternetGateway' }),
  ],
  [
    'NoWayToTheInternet',
    'a subnet that gives out public addresses',
    (stack) => new CfnSubnet(stack, 'Planted', { vpcId: 'v', mapPublicIpOnLaunch: true }),
  ],
  [
    'DatabaseIsPrivate',
    'a public database',
    (stack) => new CfnDBInstance(stack, 'Planted', { publiclyAccessible: true }),
  ],
  ['OwnKeyAtRest', 'a queue with the key of SQS', (stack) => new CfnQueue(stack, 'Planted')],
  [
    'OwnKeyAtRest',
    "a topic with AWS's own key",
    (stack) => new CfnTopic(stack, 'Planted', { kmsMasterKeyId: 'alias/aws/sns' }),
  ],
  ['OwnKeyAtRest', 'a log group without a key', (stack) => new CfnLogGroup(stack, 'Planted', { retentionInDays: 400 })],
  ['OwnKeyAtRest', 'a secret without a key', (stack) => new CfnSecret(stack, 'Planted')],
  [
    'OwnKeyAtRest',
    'an unencrypted cluster',
    (stack) => new CfnDBCluster(stack, 'Planted', { storageEncrypted: false, kmsKeyId: KEY }),
  ],
  [
    'OwnKeyAtRest',
    'Performance Insights without a key',
    (stack) => new CfnDBInstance(stack, 'Planted', { enablePerformanceInsights: true, publiclyAccessible: false }),
  ],
  ['NoBodiesInLogs', 'data traces', (stack) => stage(stack, ACCESS_LOG_FORMAT, true)],
  ['NoBodiesInLogs', 'a body in the access log', (stack) => stage(stack, `${ACCESS_LOG_FORMAT} $input.body`)],
  ['NoEventsInLogs', 'logged events', (stack) => lambda(stack, { POWERTOOLS_LOGGER_LOG_EVENT: 'true' })],
  ['NoEventsInLogs', "Powertools' development mode", (stack) => lambda(stack, { POWERTOOLS_DEV: 'true' })],
  [
    'KeysForNamedUsers',
    'a key for everybody',
    (stack) =>
      new CfnKey(stack, 'Planted', {
        enableKeyRotation: true,
        keyPolicy: allow({ Principal: { AWS: '*' }, Action: 'kms:Decrypt' }),
      }),
  ],
  ['KeysRotate', 'a key that stays', (stack) => new CfnKey(stack, 'Planted', { enableKeyRotation: false })],
  ['StrongTls', 'the default of an API', (stack) => new CfnRestApi(stack, 'Planted')],
  ['StrongTls', 'TLS 1.0', (stack) => new CfnRestApi(stack, 'Planted', { securityPolicy: 'TLS_1_0' })],
  [
    'DatabaseInTransit',
    'a proxy without TLS',
    (stack) =>
      new CfnDBProxy(stack, 'Planted', {
        dbProxyName: 'p',
        engineFamily: 'POSTGRESQL',
        roleArn: 'r',
        vpcSubnetIds: [],
        requireTls: false,
      }),
  ],
  [
    'DatabaseInTransit',
    'a cluster that does not insist on TLS',
    (stack) => new CfnDBClusterParameterGroup(stack, 'Planted', { description: 'd', family: 'f', parameters: {} }),
  ],
  [
    'NoWildcardAction',
    'a policy with every action of a service',
    (stack) =>
      new CfnManagedPolicy(stack, 'Planted', { policyDocument: allow({ Action: ['sqs:SendMessage', 'kms:*'] }) }),
  ],
  [
    'NoWildcardAction',
    'a role with every action',
    (stack) =>
      new CfnRole(stack, 'Planted', {
        assumeRolePolicyDocument: {},
        policies: [{ policyName: 'p', policyDocument: allow({ Action: '*' }) }],
      }),
  ],
  [
    'NothingForEverybody',
    'a queue for everybody',
    (stack) =>
      new CfnQueuePolicy(stack, 'Planted', {
        queues: ['q'],
        policyDocument: allow({ Principal: '*', Action: 'sqs:SendMessage' }),
      }),
  ],
  [
    'NothingForEverybody',
    'a topic for everybody',
    (stack) =>
      new CfnTopicPolicy(stack, 'Planted', {
        topics: ['t'],
        policyDocument: allow({ Principal: { AWS: '*' }, Action: 'sns:Publish' }),
      }),
  ],
  [
    'NothingForEverybody',
    'an API for everybody',
    (stack) =>
      new CfnRestApi(stack, 'Planted', {
        securityPolicy: 'SecurityPolicy_TLS13_1_3_2025_09',
        policy: allow({ Principal: { AWS: ['*'] }, Action: 'execute-api:Invoke' }),
      }),
  ],
  [
    'EveryCallerSignsIn',
    'an open method',
    (stack) =>
      new CfnMethod(stack, 'Planted', {
        restApiId: 'a',
        resourceId: 'r',
        httpMethod: 'GET',
        authorizationType: 'NONE',
      }),
  ],
  ['NoPasswordInTemplates', 'a password in a variable', (stack) => lambda(stack, { DATABASE_PASSWORD: 'x' })],
  [
    'NoPasswordInTemplates',
    'a password of a cluster',
    (stack) => new CfnDBCluster(stack, 'Planted', { masterUserPassword: 'x', storageEncrypted: true, kmsKeyId: KEY }),
  ],
  ['EveryCallIsLogged', 'an access log without callers', (stack) => stage(stack, '$context.status')],
  ['EveryCallIsLogged', 'no access log', (stack) => new CfnStage(stack, 'Planted', { restApiId: 'a' })],
  [
    'LogsAreKept',
    'a production log of three months',
    (stack) => new CfnLogGroup(stack, 'Planted', { kmsKeyId: KEY, retentionInDays: 90 }),
  ],
];

const foundIn = (plant: (stack: Stack) => unknown): readonly string[] => {
  const app = new App();
  plant(new Stack(app, 'prod-planted', { env: { account: '111111111111', region: 'us-east-1' } }));
  return new PciDss401Checks(app).validateScope(app).violations.map(({ ruleName }) => ruleName);
};

test.each(VIOLATIONS)('%s finds %s, and nothing else does', (rule, _what, plant) => {
  expect(foundIn(plant)).toEqual([`PCI.DSS.401-${rule}`]);
});

test('every rule has a violation planted for it, and names a requirement', () => {
  const rules = [...NETWORK_RULES, ...DATA_RULES, ...ACCESS_RULES];
  const planted = new Set(VIOLATIONS.map(([rule]) => rule));
  expect(rules.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([]);
  expect(rules.filter(({ requirement }) => !/^\d+\.\d+\.\d+(\.\d+)?( and \d+\.\d+\.\d+)?$/.test(requirement))).toEqual(
    [],
  );
});

test('a log of ninety days is long enough outside production', () => {
  const app = new App();
  new CfnLogGroup(new Stack(app, 'dev-planted'), 'Planted', { kmsKeyId: KEY, retentionInDays: 90 });
  expect(new PciDss401Checks(app).validateScope(app).violations).toEqual([]);
});
