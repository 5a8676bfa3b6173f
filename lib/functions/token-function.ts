import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type IDestination, Function as Lambda, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type FunctionName, RIGHTS } from '../../lambdas/rights.ts';
import { acknowledgeFunction } from '../checks/acknowledgements.ts';
import { EncryptedLogGroup } from '../logs/encrypted-log-group.ts';
import { functionCode } from './function-bundle.ts';
import type { FunctionContext, NetworkAccess } from './function-context.ts';
import type { FunctionEnvironments } from './function-environments.ts';
import { functionStatements } from './function-policy.ts';

export interface TokenFunctionProps {
  readonly name: FunctionName;
  readonly context: FunctionContext;
  readonly variables: FunctionEnvironments[FunctionName];
  readonly description: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** How it is started: by somebody who waits for the answer, or as a job, whose failures go to the dead letters. */
  readonly start: 'request' | 'job';
  /** The most runs at once; without it, as many as are asked for. */
  readonly maximumConcurrency?: number;
}

/** The one construct of every Lambda function: its code, its own role and log, its place in the network. */
export class TokenFunction extends Construct {
  readonly name: FunctionName;
  readonly function: Lambda;
  readonly #deadLetters: IQueue;

  constructor(scope: Construct, id: string, props: TokenFunctionProps) {
    super(scope, id);
    const { name, context, start } = props;
    const { environment, key, deadLetters, networkAccess } = context;
    this.name = name;
    this.#deadLetters = deadLetters;
    const isOnAws = environment.kind === 'aws';
    const functionName = `${context.name}-${name}`;
    const logGroup = new EncryptedLogGroup(this, 'Logs', {
      environment,
      key,
      name: `/aws/lambda/${functionName}`,
      protection: context.logProtection,
    });
    const functionArn = Stack.of(this).formatArn({ service: 'lambda', resource: `function:${functionName}` });
    const policy = new ManagedPolicy(this, 'Policy', {
      description: `What ${functionName} may do, from lambdas/rights.ts.`,
      statements: functionStatements(this, context, { name, functionArn, logGroup, isJob: start === 'job' }),
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      managedPolicies: [policy],
    });
    this.function = new Lambda(this, 'Function', {
      functionName,
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: isOnAws ? Architecture.ARM_64 : Architecture.X86_64,
      code: functionCode(name),
      handler: 'index.handler',
      memorySize: props.memoryMb,
      timeout: Duration.seconds(props.timeoutSeconds),
      environment: { ...stringsOf(props.variables), ...processVariables(name, context) },
      role: role.withoutPolicyUpdates(),
      logGroup,
      // What the alias pointed at before, so that it can be pointed back at once.
      ...(isOnAws && start === 'request' ? { currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN } } : {}),
      tracing: Tracing.ACTIVE,
      ...(props.maximumConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.maximumConcurrency }),
      ...(start === 'job' ? { deadLetterQueue: deadLetters } : {}),
      ...(networkAccess === undefined ? {} : placeIn(networkAccess, name)),
    });
    acknowledgeFunction(this, { isJob: start === 'job', isOnAws });
  }

  /**
   * Runs that nobody waits for. They are not tried again, because the next one does what they would have. The dead letters get the event of
   * a failed one and, beside it, why it failed.
   */
  configureAsyncInvoke({
    maximumWait,
    onSuccess,
  }: {
    readonly maximumWait: Duration;
    readonly onSuccess?: IDestination;
  }): void {
    this.function.configureAsyncInvoke({
      maxEventAge: maximumWait,
      retryAttempts: 0,
      onFailure: new SqsDestination(this.#deadLetters),
      ...(onSuccess === undefined ? {} : { onSuccess }),
    });
  }
}

/** The interface endpoints that a function's security groups may reach, from its rights. */
function placeIn({ vpc, clients }: NetworkAccess, name: FunctionName) {
  const rights = RIGHTS[name];
  const securityGroups = [
    ...(rights.execute.length > 0 ? [clients.proxy] : []),
    ...(rights.readsAdministratorSecret ? [clients.cluster] : []),
    ...(rights.readsAdministratorSecret || rights.readsIdempotencySecret ? [clients.secrets] : []),
    ...(rights.callsTome ? [clients.tome] : []),
    ...(rights.sendsCardEvents ? [clients.queues] : []),
    ...(rights.publishesGauges ? [clients.metrics] : []),
  ];
  return { vpc, vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED }, securityGroups };
}

/** What the process, rather than the function's own code, reads. */
const processVariables = (
  name: FunctionName,
  { environment, awsEndpointUrl }: FunctionContext,
): Record<string, string> => ({
  // The cluster's certificate is signed by RDS's own authority, which Lambda has on file; the proxy's by a public one.
  ...(environment.kind === 'aws' && RIGHTS[name].readsAdministratorSecret
    ? { NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' }
    : {}),
  ...(awsEndpointUrl === undefined ? {} : { AWS_ENDPOINT_URL: awsEndpointUrl }),
});

const stringsOf = (variables: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
