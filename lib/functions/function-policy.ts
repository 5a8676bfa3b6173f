import { Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { type FunctionName, RIGHTS } from '../../lambdas/rights.ts';
import { metricsNamespace } from '../observability/pool-metrics.ts';
import type { FunctionContext } from './function-context.ts';

export interface FunctionGrants {
  readonly name: FunctionName;
  readonly functionArn: string;
  readonly logGroup: ILogGroup;
  /** Whether it is started without anybody waiting for its answer. */
  readonly isJob: boolean;
}

/**
 * All that a function's role may do: its share of the table of rights (lambdas/rights.ts), its own log, its traces, and on AWS a network
 * interface. Roles cannot be widened elsewhere: functions hold them as immutable.
 */
export function functionStatements(scope: Construct, context: FunctionContext, grants: FunctionGrants) {
  const { name, logGroup, isJob } = grants;
  const rights = RIGHTS[name];
  const { cardEvents, deadLetters, idempotencySecret } = context;
  const signIn = context.signIn(name);
  const usesDatabase = rights.execute.length > 0 || rights.readsAdministratorSecret;
  const secrets = [
    ...(usesDatabase && signIn.by === 'secret' ? [signIn.secret.arn] : []),
    ...(rights.readsIdempotencySecret ? [idempotencySecret.arn] : []),
  ];
  const queues = [...(rights.sendsCardEvents ? [cardEvents.queueArn] : []), ...(isJob ? [deadLetters.queueArn] : [])];
  return [
    allow('OwnLog', ['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]),
    allow('Traces', ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], ['*']),
    ...(usesDatabase && signIn.by === 'iam' ? [allow('OwnDatabaseRole', ['rds-db:connect'], [signIn.connectArn])] : []),
    ...(secrets.length > 0 ? [allow('OwnSecrets', ['secretsmanager:GetSecretValue'], secrets)] : []),
    ...(queues.length > 0 ? [allow('OwnQueues', ['sqs:SendMessage'], queues)] : []),
    ...(secrets.length > 0 ? [throughService(scope, context, 'secretsmanager', ['kms:Decrypt'])] : []),
    ...(queues.length > 0 ? [throughService(scope, context, 'sqs', ['kms:Decrypt', 'kms:GenerateDataKey'])] : []),
    ...(rights.publishesGauges
      ? [
          allow('OwnGauges', ['cloudwatch:PutMetricData'], ['*'], {
            StringEquals: { 'cloudwatch:namespace': metricsNamespace(context.domain) },
          }),
          allow('Reports', ['events:PutEvents'], [defaultBusArn(scope)]),
        ]
      : []),
    ...(context.networkAccess === undefined ? [] : networkInterface(grants.functionArn)),
  ];
}

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

/** The key, only by way of a service that holds what it encrypts. */
const throughService = (
  scope: Construct,
  { key }: FunctionContext,
  service: 'secretsmanager' | 'sqs',
  actions: string[],
) =>
  allow(service === 'sqs' ? 'KeyThroughQueues' : 'KeyThroughSecrets', actions, [key.keyArn], {
    StringEquals: { 'kms:ViaService': `${service}.${Stack.of(scope).region}.amazonaws.com` },
  });

/** Lambda needs these rights of the role to attach the function to its subnets; the function's own code is denied them. */
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
