import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type ISecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as Lambda, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { EventBridgeDestination, SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionRow, JobRow } from '../../lambdas/function-row.ts';
import { FUNCTIONS, type FunctionName } from '../../lambdas/functions.ts';
import { inWordsOf, vocabularyOfDomain } from '../../lambdas/vocabulary.ts';
import { acknowledgeFunction } from '../checks/acknowledgements.ts';
import { sizeOf } from '../environments/function-options.ts';
import { EncryptedLogGroup } from '../logs/encrypted-log-group.ts';
import { functionCode } from './function-bundle.ts';
import type { FunctionContext, NetworkAccess, UsedTome } from './function-context.ts';
import { functionEnvironment } from './function-environment.ts';
import { functionStatements, tomeSecretArns } from './function-policy.ts';

export interface TokenFunctionProps {
  readonly name: FunctionName;
  readonly context: FunctionContext;
}

/** A Lambda function as its row in lambdas/functions.ts describes it, with its own role and log. */
export class TokenFunction extends Construct {
  readonly name: FunctionName;
  readonly function: Lambda;

  constructor(scope: Construct, id: string, { name, context }: TokenFunctionProps) {
    super(scope, id);
    const row: FunctionRow = FUNCTIONS[name];
    const isJob = row.kind !== 'route';
    const { environment, key, deadLetters, networkAccess } = context;
    this.name = name;
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
      description: `What ${functionName} may do, from lambdas/functions.ts.`,
      statements: functionStatements(this, context, { name, functionArn, logGroup }),
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      managedPolicies: [policy],
    });
    const securityGroups = networkAccess === undefined ? [] : groupsOf(row, networkAccess, context.tome);
    // When the stack is deleted, Lambda removes the network interfaces of the function with the
    // rights of its role, and until then CloudFormation cannot delete the groups. So the role and
    // its policy are deleted after the groups.
    for (const group of securityGroups) group.node.addDependency(role, policy);
    const { memoryMb, timeoutSeconds, reservedConcurrency } = sizeOf(context.settings, name);
    this.function = new Lambda(this, 'Function', {
      functionName,
      description: inWordsOf(vocabularyOfDomain(context.domain), row.description),
      runtime: Runtime.NODEJS_24_X,
      architecture: isOnAws ? Architecture.ARM_64 : Architecture.X86_64,
      code: functionCode(this, name),
      handler: 'index.handler',
      memorySize: memoryMb,
      timeout: Duration.seconds(timeoutSeconds),
      environment: { ...functionEnvironment(context, name), ...processVariables(row, context) },
      role: role.withoutPolicyUpdates(),
      logGroup,
      // Lambda's own lines too: a query can read duration, memory and request id from them.
      loggingFormat: LoggingFormat.JSON,
      // The previous version is kept, so that a release can be rolled back at once. The version of
      // a release that is rolled back is deleted: while it exists, Lambda publishes no second
      // version with the same code, and the same release could not be deployed again.
      ...(isOnAws && !isJob
        ? { currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE } }
        : {}),
      tracing: Tracing.ACTIVE,
      ...(reservedConcurrency === null ? {} : { reservedConcurrentExecutions: reservedConcurrency }),
      ...(isJob ? { deadLetterQueue: deadLetters } : {}),
      ...(networkAccess === undefined
        ? {}
        : { vpc: networkAccess.vpc, vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED }, securityGroups }),
    });
    // The function needs the rules of its groups as soon as it runs.
    this.function.node.addDependency(...securityGroups);
    if (isJob) this.#configureAsyncInvoke(row, deadLetters);
    acknowledgeFunction(this, { isJob, isOnAws });
  }

  /**
   * A failed run is not tried again, because the next run does its work. The dead-letter queue
   * receives the event of a failed run and, from the failure destination, the reason.
   */
  #configureAsyncInvoke({ maximumWaitMinutes, resultTo }: JobRow, deadLetters: IQueue): void {
    this.function.configureAsyncInvoke({
      maxEventAge: Duration.minutes(maximumWaitMinutes),
      retryAttempts: 0,
      onFailure: new SqsDestination(deadLetters),
      ...(resultTo === null ? {} : { onSuccess: new EventBridgeDestination(this.#defaultBus()) }),
    });
  }

  #defaultBus() {
    return EventBus.fromEventBusName(this, 'DefaultBus', 'default');
  }
}

/** The security groups that open what the function's row grants. */
function groupsOf(
  { database, access }: FunctionRow,
  { clients, authorization }: NetworkAccess,
  tome: UsedTome,
): ISecurityGroup[] {
  const isAdministrator = access.secrets.includes('administrator');
  const readsSecrets = access.secrets.length > 0 || (access.tome && tomeSecretArns(tome).length > 0);
  return [
    ...(database === null ? [] : [clients.proxy]),
    ...(isAdministrator ? [clients.cluster] : []),
    ...(readsSecrets ? [clients.secrets] : []),
    ...(access.tome ? [clients.tome] : []),
    ...(access.tome && authorization !== undefined ? [authorization] : []),
    ...(access.queues.length > 0 ? [clients.queues] : []),
    ...(access.gauges ? [clients.metrics] : []),
  ];
}

/** Variables that Node.js and the AWS clients read. They are no settings of the function. */
const processVariables = (
  { access }: FunctionRow,
  { environment, awsEndpointUrl }: FunctionContext,
): Record<string, string> => ({
  // Node.js does not know the authority that signs a cluster's certificate. The proxy's is public.
  ...(environment.kind === 'aws' && access.secrets.includes('administrator')
    ? { NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' }
    : {}),
  ...(awsEndpointUrl === undefined ? {} : { AWS_ENDPOINT_URL: awsEndpointUrl }),
});
