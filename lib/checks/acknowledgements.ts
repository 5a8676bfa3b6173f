import type { IConstruct } from 'constructs';
import type { Environment } from '../environments/environment.ts';
import { acknowledge } from './acknowledge.ts';

/**
 * Every finding of the packs that stands, and why it may: here and nowhere else, so that an auditor reads one file. Each is noted on the narrowest
 * construct that it is about.
 */

const EMULATOR =
  'The emulator on one machine has no network and no firewall of its own and holds made-up card numbers only; every environment on AWS has both.';

export function acknowledgeFunction(scope: IConstruct, { isJob, isOnAws }: { isJob: boolean; isOnAws: boolean }): void {
  acknowledge(
    scope,
    'AwsSolutions-IAM5[Resource::*]',
    "Traces, metrics (held to this domain's namespace by a condition) and the network interfaces of a function have no resources that could be named; the function's own code is denied the network interfaces (NoNetworkInterfaceForTheCode).",
  );
  if (!isJob) {
    acknowledge(
      scope,
      'Serverless-LambdaDLQ',
      'It is only called by API Gateway, which waits for its answer: what fails is answered with a status, and no event is left over. A dead letter would hold a card number.',
    );
  }
  if (!isOnAws) acknowledge(scope, 'PCI.DSS.321-LambdaInsideVPC', EMULATOR);
}

export function acknowledgeApi(scope: IConstruct, { kind }: Environment): void {
  acknowledge(
    scope,
    'AwsSolutions-COG4',
    "Callers are services of known accounts: each method is signed by IAM (AWS_IAM, and a resource policy for each account), not by people's user pools.",
  );
  acknowledge(
    scope,
    'PCI.DSS.321-APIGWCacheEnabledAndEncrypted',
    'A cache would store card numbers and references outside TOME and the database. None is kept, so there is none to encrypt.',
  );
  acknowledge(
    scope,
    'PCI.DSS.321-APIGWSSLEnabled',
    "A client certificate proves API Gateway to a server that it calls over HTTP. Here it calls Lambda, signed by IAM, and each function's policy admits this API alone.",
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
    "AWS keeps this policy for CodeDeploy's shifting of aliases up to date: it reads alarms and changes aliases and nothing else, and it is the narrower of the two.",
  );
}

export function acknowledgeApiLogWriting(scope: IConstruct, logGroups: string): void {
  acknowledge(
    scope,
    `AwsSolutions-IAM5[Resource::${logGroups}]`,
    'API Gateway has one role for all logs of an account and region, also those of APIs that are not this product; it asks for exactly these actions on log groups.',
  );
}

export function acknowledgeIdempotencySecret(scope: IConstruct): void {
  acknowledge(
    scope,
    'AwsSolutions-SMG4',
    'The key of hashes that are kept for 24 hours. Rotated by itself it would make every open Idempotency-Key unknown, and a retry could create a second reference. It is rotated by hand in a quiet hour (docs/runbook.md#rotating-the-idempotency-key).',
  );
}

export function acknowledgeUnprotectedDatabase(scope: IConstruct): void {
  acknowledge(
    scope,
    'AwsSolutions-RDS10',
    'A lower environment that is taken down and put up again; its pairs come from a lower TOME and its cards are made up. uat and prod are protected, and prod cannot be configured otherwise (validate-environment.ts).',
  );
}

export function acknowledgeProxyPort(scope: IConstruct): void {
  for (const rule of ['EC2RestrictedCommonPorts', 'EC2RestrictedSSH']) {
    acknowledge(
      scope,
      `PCI.DSS.321-${rule}`,
      "The rule cannot read a port that CloudFormation fills in. It is the database's own, and open to the security group of the proxy alone; no rule of this product names a range of addresses (test/infrastructure).",
    );
  }
}

export function acknowledgeLastStop(scope: IConstruct): void {
  acknowledge(
    scope,
    'Serverless-SQSRedrivePolicy',
    'It is itself the last stop: an alarm rings on its first message and people take them out (docs/runbook.md).',
  );
}

export function acknowledgeNamedZones(scope: IConstruct): void {
  acknowledge(
    scope,
    'CloudFormation-Validate::W3010',
    "The zones stand in the environment's record (environments.ts), because a synthesis asks no account which there are, and so that the writer and its first reader never share one.",
  );
}

export function acknowledgeUndelivered(scope: IConstruct): void {
  acknowledge(
    scope,
    'AwsSolutions-SQS3',
    "It is the dead-letter queue of the alarms' subscriptions, which the rule does not look for; an alarm rings on its first message.",
  );
}
