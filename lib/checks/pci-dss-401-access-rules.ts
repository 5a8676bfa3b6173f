import type { CfnResource } from 'aws-cdk-lib';
import { CfnMethod, CfnRestApi, CfnStage } from 'aws-cdk-lib/aws-apigateway';
import { CfnManagedPolicy, CfnPolicy, type CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnDBCluster } from 'aws-cdk-lib/aws-rds';
import { CfnTopicPolicy } from 'aws-cdk-lib/aws-sns';
import { CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs';
import type { PciRule } from './pci-rule.ts';
import { hasNoPublicPrincipal, templateValue, variablesOf } from './template-value.ts';

export const ACCESS_RULES: readonly PciRule[] = [
  {
    requirement: '7.2.5',
    name: 'NoWildcardAction',
    info: 'A policy must not grant all actions of a service.',
    isCompliant(node) {
      if (!isPolicy(node) && !isRole(node)) return null;
      return !/"Action":(\[[^\]]*)?"([a-z0-9-]+:)?\*"/.test(JSON.stringify(templateValue(node, policiesOf(node))));
    },
  },
  {
    requirement: '7.3.3',
    name: 'NoPublicPrincipal',
    info: 'A resource policy must name the principals that it allows.',
    isCompliant(node) {
      const policy = resourcePolicyOf(node);
      return policy === undefined ? null : hasNoPublicPrincipal(node, policy);
    },
  },
  {
    requirement: '8.3.1',
    name: 'CallersAreAuthenticated',
    info: 'Every API method must authenticate its caller with IAM.',
    isCompliant: (node) => (node instanceof CfnMethod ? node.authorizationType === 'AWS_IAM' : null),
  },
  {
    requirement: '8.6.2',
    name: 'NoPasswordInTemplates',
    info: 'Templates and environment variables must not contain passwords of system accounts.',
    isCompliant(node) {
      if (node instanceof CfnDBCluster) return isSecretReference(node);
      if (!(node instanceof CfnFunction)) return null;
      return Object.keys(variablesOf(node)).every((name) => !/(PASSWORD|SECRET|DATABASE_URL)$/.test(name));
    },
  },
  {
    requirement: '10.2.1.1',
    name: 'EveryCallIsLogged',
    info: 'The access log must contain caller, resource, time, source address and status.',
    isCompliant(node) {
      if (!(node instanceof CfnStage)) return null;
      const setting = JSON.stringify(templateValue(node, node.accessLogSetting) ?? {});
      return ['identity.userArn', 'identity.sourceIp', 'requestTime', 'resourcePath', 'status'].every((field) =>
        setting.includes(`$context.${field}`),
      );
    },
  },
  {
    requirement: '10.5.1',
    name: 'LogRetentionIsSet',
    info: 'Every log group must set its retention; in production at least one year.',
    isCompliant(node) {
      if (!(node instanceof CfnLogGroup)) return null;
      const days = node.retentionInDays ?? 0;
      return node.stack.stackName.startsWith('prod-') ? days >= 365 : days > 0;
    },
  },
];

const isPolicy = (node: CfnResource): node is CfnPolicy | CfnManagedPolicy =>
  node instanceof CfnPolicy || node instanceof CfnManagedPolicy;
const isRole = (node: CfnResource): node is CfnRole => node.cfnResourceType === 'AWS::IAM::Role';
const policiesOf = (node: CfnResource): unknown => (isPolicy(node) ? node.policyDocument : (node as CfnRole).policies);

function resourcePolicyOf(node: CfnResource): unknown {
  if (node instanceof CfnQueuePolicy || node instanceof CfnTopicPolicy) return node.policyDocument;
  return node instanceof CfnRestApi ? (node.policy ?? {}) : undefined;
}

/** True when RDS manages the password, or when CloudFormation reads it from a secret. */
function isSecretReference(node: CfnDBCluster): boolean {
  if (node.masterUserPassword === undefined) return true;
  return JSON.stringify(templateValue(node, node.masterUserPassword)).includes('{{resolve:secretsmanager:');
}
