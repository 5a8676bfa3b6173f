import { CustomResource, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { acknowledgeMigrationProvider } from '../checks/acknowledgements.ts';
import type { Environment } from '../environments/environment.ts';
import { MIGRATION_WAIT_SECONDS } from '../environments/function-options.ts';
import { EncryptedLogGroup } from '../logs/encrypted-log-group.ts';
import type { TokenFunction } from './token-function.ts';

export interface MigrationProps {
  readonly environment: Environment;
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
  readonly key: IKey;
  readonly migrate: TokenFunction;
  /** The functions that need the new schema. The deployment replaces them after the migration. */
  readonly before: readonly TokenFunction[];
}

/** Longer than the timeout of the function, so that its own error reaches CloudFormation. */
const WAIT = Duration.seconds(MIGRATION_WAIT_SECONDS);

/**
 * Runs the migration during the deployment, before any other function is replaced. If it fails, the
 * deployment fails and the old code continues to run.
 *
 * CDK's provider function invokes the migration and reports its result to CloudFormation. It waits
 * for a function that Lambda has made inactive because it was not used for weeks.
 */
export class Migration extends Construct {
  constructor(scope: Construct, id: string, { environment, name, key, migrate, before }: MigrationProps) {
    super(scope, id);
    const logGroup = new EncryptedLogGroup(this, 'Logs', {
      environment,
      key,
      name: `/card-tokenization-pool/${name}/migration-provider`,
    });
    const policy = new ManagedPolicy(this, 'Policy', {
      description: `Invoking ${name}-migrate in a deployment.`,
      statements: [
        new PolicyStatement({
          actions: ['lambda:InvokeFunction', 'lambda:GetFunction'],
          resources: [migrate.function.functionArn],
        }),
        new PolicyStatement({
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [logGroup.logGroupArn],
        }),
      ],
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      managedPolicies: [policy],
    });
    const provider = new Provider(this, 'Provider', {
      onEventHandler: migrate.function,
      frameworkOnEventRole: role.withoutPolicyUpdates(),
      logGroup,
    });
    acknowledgeMigrationProvider(provider);
    const run = new CustomResource(this, 'Run', {
      resourceType: 'Custom::Migration',
      serviceToken: provider.serviceToken,
      serviceTimeout: WAIT,
      // Runs again whenever the code or the configuration of the function changes.
      properties: { version: migrate.function.currentVersion.version },
      // CloudFormation sends no request to delete a retained resource. The function would migrate.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const { function: target } of before) target.node.addDependency(run);
  }
}
