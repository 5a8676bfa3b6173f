import { Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { FunctionRow } from '../../lambdas/function-row.ts';
import { FUNCTIONS, type FunctionName } from '../../lambdas/functions.ts';
import { metricsNamespace } from '../../lambdas/metric-names.ts';
import type { FunctionContext, UsedTome } from './function-context.ts';

export interface FunctionResources {
  readonly name: FunctionName;
  readonly functionArn: string;
  readonly logGroup: ILogGroup;
}

/**
 * The only policy of a function's role: what its row in lambdas/functions.ts grants, its own log,
 * traces, and on AWS a network interface. CDK cannot add to it, because functions hold their role
 * without policy updates.
 */
export function functionStatements(
  scope: Construct,
  context: FunctionContext,
  { name, functionArn, logGroup }: FunctionResources,
) {
  const row: FunctionRow = FUNCTIONS[name];
  const { access } = row;
  const { cardEvents, deadLetters, domain, idempotencySecret, key, tome } = context;
  const signIn = context.signIn(name);
  const usesDatabase = row.database !== null || access.secrets.includes('administrator');
  const ownSecrets = [
    ...(usesDatabase && signIn.by === 'secret' ? [signIn.secret.arn] : []),
    ...(access.secrets.includes('idempotency') ? [idempotencySecret.arn] : []),
  ];
  const tomeSecrets = access.tome ? tomeSecretArns(tome) : [];
  const secrets = [...ownSecrets, ...tomeSecrets];
  const { secretsKeyArn, executeApiArns = [] } = tome.credentials;
  const secretKeys = [
    ...(ownSecrets.length > 0 ? [key.keyArn] : []),
    ...(tomeSecrets.length > 0 && secretsKeyArn !== undefined ? [secretsKeyArn] : []),
  ];
  const queues = [
    ...(access.queues.includes('card-events') ? [cardEvents.queueArn] : []),
    ...(row.kind === 'route' ? [] : [deadLetters.queueArn]),
  ];
  return [
    allow('OwnLog', ['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]),
    allow('Traces', ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], ['*']),
    ...(usesDatabase && signIn.by === 'iam' ? [allow('OwnDatabaseRole', ['rds-db:connect'], [signIn.connectArn])] : []),
    ...(secrets.length > 0 ? [allow('OwnSecrets', ['secretsmanager:GetSecretValue'], secrets)] : []),
    ...(queues.length > 0 ? [allow('OwnQueues', ['sqs:SendMessage'], queues)] : []),
    ...(secretKeys.length > 0 ? [throughService(scope, secretKeys, 'secretsmanager', ['kms:Decrypt'])] : []),
    ...(queues.length > 0 ? [throughService(scope, [key.keyArn], 'sqs', ['kms:Decrypt', 'kms:GenerateDataKey'])] : []),
    ...(access.tome && executeApiArns.length > 0
      ? [allow('TomeMethods', ['execute-api:Invoke'], [...executeApiArns])]
      : []),
    ...(access.gauges
      ? [
          allow('OwnGauges', ['cloudwatch:PutMetricData'], ['*'], {
            StringEquals: { 'cloudwatch:namespace': metricsNamespace(domain) },
          }),
        ]
      : []),
    ...(row.kind !== 'route' && row.resultTo === 'event-bus'
      ? [allow('Reports', ['events:PutEvents'], [defaultBusArn(scope)])]
      : []),
    ...(context.networkAccess === undefined ? [] : networkInterface(functionArn)),
  ];
}

/** The secrets that the profile of TOME asks for. Only functions that call TOME may read them. */
export const tomeSecretArns = ({ credentials }: UsedTome): readonly string[] =>
  [credentials.credentialSecretArn, credentials.clientCertificateSecretArn].filter((arn) => arn !== undefined);

const allow = (sid: string, actions: string[], resources: string[], conditions?: PolicyStatement['conditions']) =>
  new PolicyStatement({
    sid,
    effect: Effect.ALLOW,
    actions,
    resources,
    ...(conditions === undefined ? {} : { conditions }),
  });

const defaultBusArn = (scope: Construct): string =>
  Stack.of(scope).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' });

/** Use of encryption keys, limited to requests that the service makes for the function. */
const throughService = (scope: Construct, keys: string[], service: 'secretsmanager' | 'sqs', actions: string[]) =>
  allow(service === 'sqs' ? 'KeyThroughQueues' : 'KeyThroughSecrets', actions, keys, {
    StringEquals: { 'kms:ViaService': `${service}.${Stack.of(scope).region}.amazonaws.com` },
  });

/**
 * Lambda uses these actions of the role to attach the function to its subnets. A Deny keeps them
 * from the function's own code.
 */
function networkInterface(functionArn: string) {
  const actions = [
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ];
  return [
    allow('NetworkInterface', actions, ['*']),
    new PolicyStatement({
      sid: 'NoNetworkInterfaceForTheCode',
      effect: Effect.DENY,
      actions,
      resources: ['*'],
      conditions: { ArnEquals: { 'lambda:SourceFunctionArn': functionArn } },
    }),
  ];
}
