import { type CfnResource, CustomResourceProviderBase, type Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Environment } from '../environments/environment.ts';
import { EncryptedLogGroup } from './encrypted-log-group.ts';

/**
 * The functions by which CDK carries out steps of a deployment write where and for as long as our own do, rather than into log groups that
 * Lambda makes, which no key of ours encrypts and which are kept for ever. The last statement of a stack's constructor.
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
