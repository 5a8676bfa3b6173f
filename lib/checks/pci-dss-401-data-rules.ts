import type { CfnResource } from 'aws-cdk-lib';
import { CfnRestApi, CfnStage } from 'aws-cdk-lib/aws-apigateway';
import { CfnKey } from 'aws-cdk-lib/aws-kms';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnDBCluster, CfnDBClusterParameterGroup, CfnDBInstance, CfnDBProxy } from 'aws-cdk-lib/aws-rds';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnTopic } from 'aws-cdk-lib/aws-sns';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import type { PciRule } from './pci-rule.ts';
import { hasNoPublicPrincipal, templateValue, variablesOf } from './template-value.ts';

export const DATA_RULES: readonly PciRule[] = [
  {
    requirement: '3.5.1',
    name: 'OwnKeyAtRest',
    info: 'Stored data must be encrypted with a key of this product, not with a key that AWS manages.',
    isCompliant(node) {
      if (node instanceof CfnDBCluster) return node.storageEncrypted === true && isOwn(node, node.kmsKeyId);
      if (node instanceof CfnDBInstance) {
        return node.enablePerformanceInsights !== true || isOwn(node, node.performanceInsightsKmsKeyId);
      }
      if (node instanceof CfnQueue || node instanceof CfnTopic) return isOwn(node, node.kmsMasterKeyId);
      if (node instanceof CfnLogGroup || node instanceof CfnSecret) return isOwn(node, node.kmsKeyId);
      return null;
    },
  },
  {
    requirement: '3.5.1',
    name: 'NoBodiesInLogs',
    info: 'Request bodies contain card numbers and must not be logged.',
    isCompliant(node) {
      if (!(node instanceof CfnStage)) return null;
      const settings = templateValue(node, node.methodSettings) as
        | readonly { dataTraceEnabled?: boolean }[]
        | undefined;
      const format = JSON.stringify(templateValue(node, node.accessLogSetting) ?? {});
      return (
        (settings ?? []).every(({ dataTraceEnabled }) => dataTraceEnabled !== true) && !/body|input\./i.test(format)
      );
    },
  },
  {
    requirement: '3.5.1',
    name: 'NoEventsInLogs',
    info: 'Events of functions contain card numbers and must not be logged.',
    isCompliant(node) {
      if (!(node instanceof CfnFunction)) return null;
      const variables = variablesOf(node);
      return !('POWERTOOLS_LOGGER_LOG_EVENT' in variables) && !('POWERTOOLS_DEV' in variables);
    },
  },
  {
    requirement: '3.6.1.3',
    name: 'KeysForNamedPrincipals',
    info: 'A key policy must name the accounts and services that may use the key.',
    isCompliant: (node) => (node instanceof CfnKey ? hasNoPublicPrincipal(node, node.keyPolicy) : null),
  },
  {
    requirement: '3.7.4',
    name: 'KeysRotate',
    info: 'A key that protects stored data must rotate.',
    isCompliant: (node) => (node instanceof CfnKey ? node.enableKeyRotation === true : null),
  },
  {
    requirement: '4.2.1',
    name: 'StrongTls',
    info: 'The API must require TLS 1.2 with strong ciphers, or TLS 1.3.',
    isCompliant: (node) =>
      node instanceof CfnRestApi ? node.securityPolicy?.startsWith('SecurityPolicy_TLS13_') === true : null,
  },
  {
    requirement: '4.2.1',
    name: 'DatabaseRequiresTls',
    info: 'Connections to the database must be encrypted.',
    isCompliant(node) {
      if (node instanceof CfnDBProxy) return node.requireTls === true;
      if (!(node instanceof CfnDBClusterParameterGroup)) return null;
      const parameters = templateValue(node, node.parameters) as Readonly<Record<string, unknown>> | undefined;
      return parameters?.['rds.force_ssl'] === '1';
    },
  },
];

/** Keys that AWS manages have aliases such as `alias/aws/sqs`. */
const isOwn = (node: CfnResource, key: string | undefined): boolean =>
  key !== undefined && !JSON.stringify(templateValue(node, key)).includes('alias/aws/');
