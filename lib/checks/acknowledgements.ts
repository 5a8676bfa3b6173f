import type { IConstruct } from 'constructs';
import type { Environment } from '../environments/environment.ts';
import { acknowledge } from './acknowledge.ts';

/**
 * All accepted findings of the check packs, with the reason for each. They are in one file so that
 * an auditor can read them in one place. Each is attached to the narrowest construct it is about.
 */

const EMULATOR =
  'The emulator on one machine has no network and no firewall, and it holds only generated card ' +
  'numbers. Every environment on AWS has both.';

export function acknowledgeFunction(scope: IConstruct, { isJob, isOnAws }: { isJob: boolean; isOnAws: boolean }): void {
  acknowledge(
    scope,
    'AwsSolutions-IAM5[Resource::*]',
    'IAM has no resource to name for traces, for metrics (a condition limits them to the namespace of ' +
      'this domain) and for the network interfaces of a function. The code of the function is denied ' +
      'the network interfaces (NoNetworkInterfaceForTheCode).',
  );
  if (!isJob) {
    acknowledge(
      scope,
      'Serverless-LambdaDLQ',
      'Only API Gateway invokes this function, and it waits for the answer. A failure is answered with ' +
        'a status, so no event is left to store. A dead letter would contain a card number.',
    );
  }
  if (!isOnAws) acknowledge(scope, 'PCI.DSS.321-LambdaInsideVPC', EMULATOR);
}

export function acknowledgeMigrationProvider(scope: IConstruct): void {
  for (const rule of ['LambdaDefaultMemorySize', 'LambdaDLQ', 'LambdaTracing']) {
    acknowledge(
      scope,
      `Serverless-${rule}`,
      'CDK makes this function and offers no such property. CloudFormation invokes it in a deployment, ' +
        'waits for the result and fails the deployment with its reason, so no event is lost.',
    );
  }
  acknowledge(
    scope,
    'PCI.DSS.321-LambdaInsideVPC',
    'The function calls only the APIs of Lambda and CloudFormation, for which the network has no ' +
      'endpoint. It cannot reach the database: the function that it invokes does, inside the network.',
  );
}

export function acknowledgeApi(scope: IConstruct, { kind }: Environment): void {
  acknowledge(
    scope,
    'AwsSolutions-COG4',
    'The callers are services of known accounts, not people in a user pool. Each method requires a ' +
      'request signed with IAM (AWS_IAM), and a resource policy names the accounts.',
  );
  acknowledge(
    scope,
    'PCI.DSS.321-APIGWCacheEnabledAndEncrypted',
    'A cache would store card numbers and references outside TOME and the database. The cache is off, ' +
      'so there is nothing to encrypt.',
  );
  acknowledge(
    scope,
    'PCI.DSS.321-APIGWSSLEnabled',
    'A client certificate identifies API Gateway to a server that it calls over HTTP. This API invokes ' +
      'Lambda instead, with IAM, and the policy of each function allows only this API.',
  );
  if (kind === 'emulator') {
    acknowledge(scope, 'PCI.DSS.321-APIGWAssociatedWithWAF', EMULATOR);
    acknowledge(scope, 'AwsSolutions-APIG3', EMULATOR);
    acknowledge(scope, 'PCI.DSS.401-StrongTls', EMULATOR);
  }
}

export function acknowledgeRelease(scope: IConstruct): void {
  acknowledge(
    scope,
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]',
    'AWS maintains this policy for CodeDeploy. It is the narrower of the two policies for Lambda: it ' +
      'allows CodeDeploy to read alarms and to change aliases.',
  );
}

export function acknowledgeApiLogWriting(scope: IConstruct, logGroups: string): void {
  acknowledge(
    scope,
    `AwsSolutions-IAM5[Resource::${logGroups}]`,
    'API Gateway has one role for all logs of an account and region, including the logs of APIs outside ' +
      'this product. It requires exactly these actions on all log groups.',
  );
}

export function acknowledgeIdempotencySecret(scope: IConstruct): void {
  acknowledge(
    scope,
    'AwsSolutions-SMG4',
    'This secret is the key of hashes that are kept for 24 hours. Automatic rotation would invalidate ' +
      'every open Idempotency-Key, and a retry could create a second reference. An operator rotates it ' +
      'in a quiet hour (docs/runbook.md#rotating-the-idempotency-key).',
  );
}

export function acknowledgeFixedVersion(scope: IConstruct): void {
  acknowledge(
    scope,
    'PCI.DSS.321-RDSAutomaticMinorVersionUpgradeEnabled',
    'The template names the exact version of the engine. After an automatic upgrade, the next edit of ' +
      'the version could be a downgrade, which RDS refuses. The version is raised deliberately, first ' +
      'in a lower environment (docs/runbook.md#raising-the-version-of-the-database).',
  );
}

export function acknowledgeUnprotectedDatabase(scope: IConstruct): void {
  acknowledge(
    scope,
    'AwsSolutions-RDS10',
    'A lower environment is destroyed and deployed again. Its pairs come from a lower TOME and its card ' +
      'numbers are generated. uat and prod have deletion protection, and validate-environment.ts ' +
      'rejects prod without it. Only their first deployment, which has no data yet and may fail, is ' +
      'without it (docs/deployment.md#deploy-production-for-the-first-time).',
  );
}

export function acknowledgeDeadLetterQueue(scope: IConstruct): void {
  acknowledge(
    scope,
    'Serverless-SQSRedrivePolicy',
    'This queue is itself a dead-letter queue. An alarm reports its first message, and an operator ' +
      'handles the messages (docs/runbook.md#dead-letters).',
  );
}

export function acknowledgeNamedZones(scope: IConstruct): void {
  acknowledge(
    scope,
    'CloudFormation-Validate::W3010',
    'environments.ts names the availability zones. So synthesis does not query an account, and the ' +
      'database writer and its first reader are always in different zones.',
  );
}

export function acknowledgeUndelivered(scope: IConstruct): void {
  acknowledge(
    scope,
    'AwsSolutions-SQS3',
    'This is the dead-letter queue of the SNS subscriptions of the alarms, which the rule does not ' +
      'detect. An alarm reports its first message.',
  );
}
