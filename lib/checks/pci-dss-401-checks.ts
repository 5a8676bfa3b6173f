import { type CfnResource, Stack } from 'aws-cdk-lib';
import { CfnMethod, CfnStage } from 'aws-cdk-lib/aws-apigateway';
import { CfnManagedPolicy, CfnPolicy, type CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnKey } from 'aws-cdk-lib/aws-kms';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnDBCluster, CfnDBProxy } from 'aws-cdk-lib/aws-rds';
import { CfnTopic } from 'aws-cdk-lib/aws-sns';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { NagMessageLevel, NagPack, NagRuleCompliance } from 'cdk-nag';
import type { IConstruct } from 'constructs';

interface Rule {
  /** The requirement of PCI DSS 4.0.1 that it stands for. */
  readonly requirement: string;
  readonly name: string;
  readonly info: string;
  /** `null` where the resource is none of its business. */
  readonly holds: (node: CfnResource) => boolean | null;
}

/** What PCI DSS 4.0.1 asks beyond 3.2.1 of what this product deploys; there is no public pack for it. */
export class PciDss401Checks extends NagPack {
  readonly name = 'PciDss401Checks';

  constructor(scope?: IConstruct) {
    super(scope);
    this.packName = 'PCI.DSS.401';
  }

  protected checkResource(node: CfnResource): void {
    for (const { requirement, name, info, holds } of RULES) {
      this.applyRule({
        ruleSuffixOverride: name,
        info: `${info} (PCI DSS 4.0.1, ${requirement})`,
        explanation: info,
        level: NagMessageLevel.ERROR,
        node,
        rule: (resource) => {
          const verdict = holds(resource);
          if (verdict === null) return NagRuleCompliance.NOT_APPLICABLE;
          return verdict ? NagRuleCompliance.COMPLIANT : NagRuleCompliance.NON_COMPLIANT;
        },
      });
    }
  }
}

const plain = (node: CfnResource, value: unknown): unknown => Stack.of(node).resolve(value);

const RULES: readonly Rule[] = [
  {
    requirement: '3.7.4',
    name: 'KeysRotate',
    info: 'A key that protects stored data must be replaced regularly.',
    holds: (node) => (node instanceof CfnKey ? node.enableKeyRotation === true : null),
  },
  {
    requirement: '3.5.1',
    name: 'OwnKeyAtRest',
    info: 'What is stored must be encrypted with a key of this product, not one that AWS shares.',
    holds(node) {
      if (node instanceof CfnDBCluster) return node.kmsKeyId !== undefined && node.storageEncrypted === true;
      if (node instanceof CfnQueue) return node.kmsMasterKeyId !== undefined;
      if (node instanceof CfnTopic) return node.kmsMasterKeyId !== undefined;
      if (node instanceof CfnLogGroup) return node.kmsKeyId !== undefined;
      return null;
    },
  },
  {
    requirement: '4.2.1',
    name: 'DatabaseInTransit',
    info: 'Connections to the database must be encrypted.',
    holds: (node) => (node instanceof CfnDBProxy ? node.requireTls === true : null),
  },
  {
    requirement: '3.3.1',
    name: 'NoBodiesInLogs',
    info: 'Bodies of requests, which hold card numbers, must not be logged.',
    holds(node) {
      if (!(node instanceof CfnStage)) return null;
      const settings = plain(node, node.methodSettings) as readonly { dataTraceEnabled?: boolean }[] | undefined;
      const format = JSON.stringify(plain(node, node.accessLogSetting) ?? {});
      return (
        (settings ?? []).every(({ dataTraceEnabled }) => dataTraceEnabled !== true) && !/body|input\./i.test(format)
      );
    },
  },
  {
    requirement: '3.3.1',
    name: 'NoEventsInLogs',
    info: 'Functions must not be told to log their events, which hold card numbers.',
    holds(node) {
      if (!(node instanceof CfnFunction)) return null;
      const environment = plain(node, node.environment) as { variables?: Record<string, string> } | undefined;
      const variables = environment?.variables ?? {};
      return !('POWERTOOLS_LOGGER_LOG_EVENT' in variables) && !('POWERTOOLS_DEV' in variables);
    },
  },
  {
    requirement: '7.2.5',
    name: 'NoWildcardAction',
    info: 'No system account may be granted all actions of a service.',
    holds(node) {
      if (!isPolicy(node) && !isRole(node)) return null;
      return !/"Action":(\[[^\]]*)?"([a-z0-9-]+:)?\*"/.test(JSON.stringify(plain(node, policiesOf(node))));
    },
  },
  {
    requirement: '8.6.2',
    name: 'NoPasswordInTemplates',
    info: 'Passwords of system accounts must not stand in templates or variables.',
    holds: (node) => (node instanceof CfnDBCluster ? isSecretReference(node) : null),
  },
  {
    requirement: '8.3.1',
    name: 'EveryCallerSignsIn',
    info: 'Every method must know who calls.',
    holds: (node) => (node instanceof CfnMethod ? node.authorizationType === 'AWS_IAM' : null),
  },
  {
    requirement: '10.5.1',
    name: 'LogsAreKept',
    info: 'Logs must say how long they are kept; a year in production.',
    holds(node) {
      if (!(node instanceof CfnLogGroup)) return null;
      const days = node.retentionInDays ?? 0;
      return Stack.of(node).stackName.startsWith('prod-') ? days >= 365 : days > 0;
    },
  },
];

const isPolicy = (node: CfnResource): node is CfnPolicy | CfnManagedPolicy =>
  node instanceof CfnPolicy || node instanceof CfnManagedPolicy;
const isRole = (node: CfnResource): node is CfnRole => node.cfnResourceType === 'AWS::IAM::Role';
const policiesOf = (node: CfnResource): unknown => (isPolicy(node) ? node.policyDocument : (node as CfnRole).policies);

/** No password at all, or one that CloudFormation fetches from the secret when it needs it. */
function isSecretReference(node: CfnDBCluster): boolean {
  if (node.masterUserPassword === undefined) return true;
  return JSON.stringify(plain(node, node.masterUserPassword)).includes('{{resolve:secretsmanager:');
}
