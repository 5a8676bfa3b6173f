import type { CfnResource } from 'aws-cdk-lib';
import { CfnRestApi, CfnStage } from 'aws-cdk-lib/aws-apigateway';
import { CfnKey } from 'aws-cdk-lib/aws-kms';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnDBCluster, CfnDBClusterParameterGroup, CfnDBInstance, CfnDBProxy } from 'aws-cdk-lib/aws-rds';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnTopic } from 'aws-cdk-lib/aws-sns';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import type { PciRule } from './pci-dss-401-checks.ts';
import { statementsOf, templateValue } from './template-value.ts';

export const DATA_RULES: readonly PciRule[] = [
  {
    requirement: '3.5.1',
    name: 'OwnKeyAtRest',
    info: 'What is stored must be encrypted with a key of this product, not one that AWS shares.',
    holds(node) {
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
    info: 'Bodies of requests, which hold card numbers, must not be logged.',
    holds(node) {
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
    info: 'Functions must not be told to log their events, which hold card numbers.',
    holds(node) {
      if (!(node instanceof CfnFunction)) return null;
      const variables = variablesOf(node);
      return !('POWERTOOLS_LOGGER_LOG_EVENT' in variables) && !('POWERTOOLS_DEV' in variables);
    },
  },
  {
    requirement: '3.6.1.3',
    name: 'KeysForNamedUsers',
    info: 'A key may be used by named accounts and services only.',
    holds: (node) =>
      node instanceof CfnKey
        ? statementsOf(node, node.keyPolicy).every(
            ({ Effect, Principal }) => Effect !== 'Allow' || !/"\*"/.test(JSON.stringify(Principal ?? '*')),
          )
        : null,
  },
  {
    requirement: '3.7.4',
    name: 'KeysRotate',
    info: 'A key that protects stored data must be replaced regularly.',
    holds: (node) => (node instanceof CfnKey ? node.enableKeyRotation === true : null),
  },
  {
    requirement: '4.2.1',
    name: 'StrongTls',
    info: 'The API must take TLS 1.2 with strong ciphers at the least.',
    holds: (node) =>
      node instanceof CfnRestApi ? node.securityPolicy?.startsWith('SecurityPolicy_TLS13_') === true : null,
  },
  {
    requirement: '4.2.1',
    name: 'DatabaseInTransit',
    info: 'Connections to the database must be encrypted.',
    holds(node) {
      if (node instanceof CfnDBProxy) return node.requireTls === true;
      if (!(node instanceof CfnDBClusterParameterGroup)) return null;
      const parameters = templateValue(node, node.parameters) as Readonly<Record<string, unknown>> | undefined;
      return parameters?.['rds.force_ssl'] === '1';
    },
  },
];

/** The variables that a function is given. */
export function variablesOf(node: CfnFunction): Readonly<Record<string, unknown>> {
  const environment = templateValue(node, node.environment) as { variables?: Record<string, unknown> } | undefined;
  return environment?.variables ?? {};
}

/** A key of this product is known by a reference; AWS's own by names such as `alias/aws/sqs`. */
const isOwn = (node: CfnResource, key: string | undefined): boolean =>
  key !== undefined && !JSON.stringify(templateValue(node, key)).includes('alias/aws/');
