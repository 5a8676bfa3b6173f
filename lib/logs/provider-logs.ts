import { type CfnResource, CustomResourceProviderBase, type Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Environment } from '../environments/environment.ts';
import { EncryptedLogGroup } from './encrypted-log-group.ts';

/**
 * Sets an encrypted log group for each Lambda function that CDK adds to a stack for its custom
 * resources. Otherwise Lambda creates the log groups without our key and without an expiry. Call it
 * at the end of a stack's constructor, when CDK has added the functions.
 */
export function keepProviderLogs(stack: Stack, { environment, key }: { environment: Environment; key: IKey }): void {
  const providers = stack.node.children.filter((child) => child instanceof CustomResourceProviderBase);
  for (const [index, provider] of providers.entries()) {
    const logGroup = new EncryptedLogGroup(stack, `${provider.node.id}Logs`, {
      environment,
      key,
      name: `/card-tokenization-pool/${stack.stackName}/deployment-${index + 1}`,
    });
    const handler = provider.node.findChild('Handler') as CfnResource;
    handler.addPropertyOverride('LoggingConfig.LogGroup', logGroup.logGroupName);
  }
}
