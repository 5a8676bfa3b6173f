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

type Violation = readonly [rule: string, what: string, add: (stack: Stack) => unknown];

const KEY = 'arn:aws:kms:us-east-1:111111111111:key/own';
const allow = (statement: object) => ({ Statement: [{ Effect: 'Allow', Resource: '*', ...statement }] });
const code = { s3Bucket: 'b', s3Key: 'k' };
const lambda = (stack: Stack, variables: Record<string, string>) =>
  new CfnFunction(stack, 'Violation', { code, role: 'arn:aws:iam::111111111111:role/r', environment: { variables } });
const ACCESS_LOG_FORMAT = [
  '$context.identity.userArn',
  '$context.identity.sourceIp',
  '$context.requestTime',
  '$context.resourcePath',
  '$context.status',
].join(' ');
const stage = (stack: Stack, format: string, dataTraceEnabled = false) =>
  new CfnStage(stack, 'Violation', {
    restApiId: 'a',
    accessLogSetting: { destinationArn: 'arn', format },
    methodSettings: [{ httpMethod: '*', resourcePath: '/*', dataTraceEnabled }],
  });

const VIOLATIONS: readonly Violation[] = [
  [
    'NoAddressRanges',
    'a security group that admits 0.0.0.0/0',
    (stack) =>
      new CfnSecurityGroup(stack, 'Violation', {
        groupDescription: 'g',
        securityGroupIngress: [{ ipProtocol: 'tcp', cidrIp: '0.0.0.0/0' }],
      }),
  ],
  [
    'NoAddressRanges',
    'an ingress rule for an IPv6 range',
    (stack) => new CfnSecurityGroupIngress(stack, 'Violation', { ipProtocol: 'tcp', cidrIpv6: '::/0' }),
  ],
  [
    'NoInternetAccess',
    'an internet gateway',
    (stack) => new CfnResource(stack, 'Violation', { type: 'AWS::EC2::InternetGateway' }),
  ],
  [
    'NoInternetAccess',
    'a subnet that assigns public addresses',
    (stack) => new CfnSubnet(stack, 'Violation', { vpcId: 'v', mapPublicIpOnLaunch: true }),
  ],
  [
    'DatabaseIsPrivate',
    'a publicly accessible database',
    (stack) => new CfnDBInstance(stack, 'Violation', { publiclyAccessible: true }),
  ],
  ['OwnKeyAtRest', 'a queue without a key of this product', (stack) => new CfnQueue(stack, 'Violation')],
  [
    'OwnKeyAtRest',
    'a topic with the key that AWS manages',
    (stack) => new CfnTopic(stack, 'Violation', { kmsMasterKeyId: 'alias/aws/sns' }),
  ],
  [
    'OwnKeyAtRest',
    'a log group without a key',
    (stack) => new CfnLogGroup(stack, 'Violation', { retentionInDays: 400 }),
  ],
  ['OwnKeyAtRest', 'a secret without a key', (stack) => new CfnSecret(stack, 'Violation')],
  [
    'OwnKeyAtRest',
    'an unencrypted cluster',
    (stack) => new CfnDBCluster(stack, 'Violation', { storageEncrypted: false, kmsKeyId: KEY }),
  ],
  [
    'OwnKeyAtRest',
    'Performance Insights without a key',
    (stack) => new CfnDBInstance(stack, 'Violation', { enablePerformanceInsights: true, publiclyAccessible: false }),
  ],
  ['NoBodiesInLogs', 'a stage with data tracing', (stack) => stage(stack, ACCESS_LOG_FORMAT, true)],
  [
    'NoBodiesInLogs',
    'an access log that contains the body',
    (stack) => stage(stack, `${ACCESS_LOG_FORMAT} $input.body`),
  ],
  [
    'NoEventsInLogs',
    'a function that logs its events',
    (stack) => lambda(stack, { POWERTOOLS_LOGGER_LOG_EVENT: 'true' }),
  ],
  [
    'NoEventsInLogs',
    'a function in the development mode of Powertools',
    (stack) => lambda(stack, { POWERTOOLS_DEV: 'true' }),
  ],
  [
    'KeysForNamedPrincipals',
    'a key that all principals may use',
    (stack) =>
      new CfnKey(stack, 'Violation', {
        enableKeyRotation: true,
        keyPolicy: allow({ Principal: { AWS: '*' }, Action: 'kms:Decrypt' }),
      }),
  ],
  ['KeysRotate', 'a key without rotation', (stack) => new CfnKey(stack, 'Violation', { enableKeyRotation: false })],
  ['StrongTls', 'an API without a security policy', (stack) => new CfnRestApi(stack, 'Violation')],
  [
    'StrongTls',
    'an API that accepts TLS 1.0',
    (stack) => new CfnRestApi(stack, 'Violation', { securityPolicy: 'TLS_1_0' }),
  ],
  [
    'DatabaseRequiresTls',
    'a proxy without TLS',
    (stack) =>
      new CfnDBProxy(stack, 'Violation', {
        dbProxyName: 'p',
        engineFamily: 'POSTGRESQL',
        roleArn: 'r',
        vpcSubnetIds: [],
        requireTls: false,
      }),
  ],
  [
    'DatabaseRequiresTls',
    'a cluster that accepts connections without TLS',
    (stack) => new CfnDBClusterParameterGroup(stack, 'Violation', { description: 'd', family: 'f', parameters: {} }),
  ],
  [
    'NoWildcardAction',
    'a policy with all actions of a service',
    (stack) =>
      new CfnManagedPolicy(stack, 'Violation', { policyDocument: allow({ Action: ['sqs:SendMessage', 'kms:*'] }) }),
  ],
  [
    'NoWildcardAction',
    'a role with all actions',
    (stack) =>
      new CfnRole(stack, 'Violation', {
        assumeRolePolicyDocument: {},
        policies: [{ policyName: 'p', policyDocument: allow({ Action: '*' }) }],
      }),
  ],
  [
    'NoPublicPrincipal',
    'a queue that all principals may send to',
    (stack) =>
      new CfnQueuePolicy(stack, 'Violation', {
        queues: ['q'],
        policyDocument: allow({ Principal: '*', Action: 'sqs:SendMessage' }),
      }),
  ],
  [
    'NoPublicPrincipal',
    'a topic that all principals may publish to',
    (stack) =>
      new CfnTopicPolicy(stack, 'Violation', {
        topics: ['t'],
        policyDocument: allow({ Principal: { AWS: '*' }, Action: 'sns:Publish' }),
      }),
  ],
  [
    'NoPublicPrincipal',
    'an API that all principals may invoke',
    (stack) =>
      new CfnRestApi(stack, 'Violation', {
        securityPolicy: 'SecurityPolicy_TLS13_1_3_2025_09',
        policy: allow({ Principal: { AWS: ['*'] }, Action: 'execute-api:Invoke' }),
      }),
  ],
  [
    'CallersAreAuthenticated',
    'a method without authentication',
    (stack) =>
      new CfnMethod(stack, 'Violation', {
        restApiId: 'a',
        resourceId: 'r',
        httpMethod: 'GET',
        authorizationType: 'NONE',
      }),
  ],
  [
    'NoPasswordInTemplates',
    'a password in an environment variable',
    (stack) => lambda(stack, { DATABASE_PASSWORD: 'x' }),
  ],
  [
    'NoPasswordInTemplates',
    'a plain password of a cluster',
    (stack) => new CfnDBCluster(stack, 'Violation', { masterUserPassword: 'x', storageEncrypted: true, kmsKeyId: KEY }),
  ],
  ['EveryCallIsLogged', 'an access log without callers', (stack) => stage(stack, '$context.status')],
  [
    'EveryCallIsLogged',
    'a stage without an access log',
    (stack) => new CfnStage(stack, 'Violation', { restApiId: 'a' }),
  ],
  [
    'LogRetentionIsSet',
    'a production log group with 90 days of retention',
    (stack) => new CfnLogGroup(stack, 'Violation', { kmsKeyId: KEY, retentionInDays: 90 }),
  ],
];

const findingsOf = (add: (stack: Stack) => unknown): readonly string[] => {
  const app = new App();
  add(new Stack(app, 'prod-violation', { env: { account: '111111111111', region: 'us-east-1' } }));
  return new PciDss401Checks(app).validateScope(app).violations.map(({ ruleName }) => ruleName);
};

test.each(VIOLATIONS)('only the rule %s finds %s', (rule, _what, add) => {
  expect(findingsOf(add)).toEqual([`PCI.DSS.401-${rule}`]);
});

test('every rule names a requirement and has a violation in this test', () => {
  const rules = [...NETWORK_RULES, ...DATA_RULES, ...ACCESS_RULES];
  const tested = new Set(VIOLATIONS.map(([rule]) => rule));
  expect(rules.map(({ name }) => name).filter((name) => !tested.has(name))).toEqual([]);
  expect(rules.filter(({ requirement }) => !/^\d+\.\d+\.\d+(\.\d+)?( and \d+\.\d+\.\d+)?$/.test(requirement))).toEqual(
    [],
  );
});

test('outside production a log group with 90 days of retention is compliant', () => {
  const app = new App();
  new CfnLogGroup(new Stack(app, 'dev-compliant'), 'Violation', { kmsKeyId: KEY, retentionInDays: 90 });
  expect(new PciDss401Checks(app).validateScope(app).violations).toEqual([]);
});
