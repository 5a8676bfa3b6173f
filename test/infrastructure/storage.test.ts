import { describe, expect, test } from 'vitest';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { ENVIRONMENT_NAMES, type Resource, synthesized } from './synthesized-environment.ts';

/** The properties that name the key, for each type of resource. */
const KEYS: Readonly<Record<string, (properties: Resource['properties']) => readonly unknown[]>> = {
  'AWS::SQS::Queue': ({ KmsMasterKeyId }) => [KmsMasterKeyId],
  'AWS::SNS::Topic': ({ KmsMasterKeyId }) => [KmsMasterKeyId],
  'AWS::Logs::LogGroup': ({ KmsKeyId }) => [KmsKeyId],
  'AWS::SecretsManager::Secret': ({ KmsKeyId }) => [KmsKeyId],
  'AWS::RDS::DBCluster': ({ KmsKeyId, MasterUserSecret, PerformanceInsightsKmsKeyId }) => [
    KmsKeyId,
    MasterUserSecret.KmsKeyId,
    PerformanceInsightsKmsKeyId,
  ],
  'AWS::RDS::DBInstance': ({ PerformanceInsightsKMSKeyId }) => [PerformanceInsightsKMSKeyId],
};

/** How a stack refers to the key of its domain, or of the network. */
const ownKeyOf = (stack: string): string =>
  /-(network|data)$/.test(stack) ? 'Key.Arn' : `${stack.replace(/-[a-z]+$/, '')}-data:KeyArn`;

describe.each(ENVIRONMENT_NAMES)('%s', (name) => {
  const environment = synthesized(name);
  const isProduction = name === 'prod';
  const isOnAws = name !== 'local';
  const domains = Object.keys(ENVIRONMENTS[name].domains);

  test('every queue, topic, log group, secret and database is encrypted with the key of its domain', () => {
    const stored = environment.resources.filter(({ type }) => type in KEYS);
    expect(new Set(stored.map(({ type }) => type)).size).toBe(isOnAws ? 6 : 4);
    const named = stored.map(({ stack, id, type, properties }) => [id, KEYS[type]?.(properties), stack] as const);
    expect(named.filter(([, keys, stack]) => keys?.some((key) => key !== ownKeyOf(stack)))).toEqual([]);
    for (const { properties } of environment.all('AWS::RDS::DBCluster')) expect(properties.StorageEncrypted).toBe(true);
  });

  test('each key rotates, and AWS services may use it only for resources of this account', () => {
    const keys = environment.all('AWS::KMS::Key');
    expect(keys).toHaveLength(domains.length + (isOnAws ? 1 : 0));
    const { account } = ENVIRONMENTS[name];
    for (const { properties } of keys) {
      expect(properties.EnableKeyRotation).toBe(true);
      const services = properties.KeyPolicy.Statement.filter(
        ({ Principal }: { Principal: object }) => 'Service' in Principal,
      );
      expect(services).toHaveLength(3);
      for (const { Condition } of services) expect(JSON.stringify(Condition)).toContain(account);
    }
  });

  test('every log group has the retention of its environment, in production at least a year', () => {
    const days = environment.all('AWS::Logs::LogGroup').map(({ properties }) => properties.RetentionInDays);
    expect(days.length).toBeGreaterThan(10);
    expect(new Set(days)).toEqual(new Set([ENVIRONMENTS[name].logRetentionDays]));
    if (isProduction) expect(Math.min(...days)).toBeGreaterThanOrEqual(365);
  });

  test('every function, also those that CDK adds, writes into a log group of its stack', () => {
    const groups = new Set(environment.all('AWS::Logs::LogGroup').map(({ stack, id }) => `${stack} ${id}`));
    const functions = environment.all('AWS::Lambda::Function');
    expect(functions.length).toBeGreaterThanOrEqual(12 * domains.length);
    const elsewhere = functions.filter(
      ({ stack, properties }) => !groups.has(`${stack} ${properties.LoggingConfig?.LogGroup}`),
    );
    expect(elsewhere.map(({ id }) => id)).toEqual([]);
  });

  test.runIf(isOnAws)('on AWS every log group that requests can reach masks card numbers', () => {
    const open = environment
      .all('AWS::Logs::LogGroup')
      .filter(({ stack, properties }) => stack.endsWith('-service') && properties.DataProtectionPolicy === undefined);
    // The log of a CDK function, which gets no request, and the log of the findings.
    expect([...new Set(open.map(({ id }) => id))].sort()).toEqual(['MaskedCardNumbers', 'MigrationLogs']);
  });

  test('every queue and topic denies requests without TLS', () => {
    const policies = [...environment.all('AWS::SQS::QueuePolicy'), ...environment.all('AWS::SNS::TopicPolicy')];
    const guarded = policies
      .filter(({ properties }) =>
        properties.PolicyDocument.Statement.some(
          ({ Effect, Condition }: { Effect: string; Condition?: object }) =>
            Effect === 'Deny' && JSON.stringify(Condition) === '{"Bool":{"aws:SecureTransport":"false"}}',
        ),
      )
      .flatMap(({ stack, properties }) =>
        [...(properties.Queues ?? []), ...(properties.Topics ?? [])].map((id) => `${stack} ${id}`),
      );
    const all = [...environment.all('AWS::SQS::Queue'), ...environment.all('AWS::SNS::Topic')];
    expect(guarded.sort()).toEqual(all.map(({ stack, id }) => `${stack} ${id}`).sort());
  });

  test.runIf(isProduction)(
    'deleting the production stacks keeps keys, logs and secrets, and a snapshot of the database',
    () => {
      for (const type of ['AWS::KMS::Key', 'AWS::Logs::LogGroup', 'AWS::SecretsManager::Secret']) {
        expect(new Set(environment.all(type).map(({ deletionPolicy }) => deletionPolicy))).toEqual(
          new Set(['RetainExceptOnCreate']),
        );
      }
      for (const { deletionPolicy, properties } of environment.all('AWS::RDS::DBCluster')) {
        expect(deletionPolicy).toBe('Snapshot');
        expect(properties).toMatchObject({
          DeletionProtection: true,
          BackupRetentionPeriod: 35,
          CopyTagsToSnapshot: true,
        });
      }
    },
  );

  test.runIf(isProduction).each(domains)('deleting the production stacks keeps the card events of %s', (domain) => {
    for (const queue of ['CardEventsQueue', 'CardEventsDeadLetters']) {
      const { deletionPolicy } = environment.one('AWS::SQS::Queue', `${name}-${domain}-service`, queue);
      expect(deletionPolicy).toBe('RetainExceptOnCreate');
    }
  });

  test.runIf(isOnAws)("deleting the network stack keeps the account's role for the logs of API Gateway", () => {
    const account = environment.one('AWS::ApiGateway::Account', `${name}-network`);
    expect(account.properties.CloudWatchRoleArn).toBe('ApiLogWritingRole.Arn');
    const role = environment.one('AWS::IAM::Role', `${name}-network`, 'ApiLogWritingRole');
    const policy = environment.one('AWS::IAM::ManagedPolicy', `${name}-network`, 'ApiLogWriting');
    expect([account, role, policy].map(({ deletionPolicy }) => deletionPolicy)).toEqual(
      Array.from({ length: 3 }, () => 'RetainExceptOnCreate'),
    );
  });

  test('a deployment that fails keeps no resource that it created, because the next one would find its name taken', () => {
    const kept = environment.resources.filter(({ deletionPolicy }) => deletionPolicy === 'Retain');
    // Retained, so that CloudFormation sends no request to delete it. It is not a resource of AWS.
    expect([...new Set(kept.map(({ type }) => type))]).toEqual(['Custom::Migration']);
  });

  test.runIf(!isOnAws)('deleting the emulator environment keeps no resource', () => {
    const kept = environment.resources.filter(({ deletionPolicy = 'Delete' }) => deletionPolicy !== 'Delete');
    expect(kept.map(({ type }) => type)).toEqual(['Custom::Migration']);
  });

  test.runIf(isOnAws).each(domains)('RDS manages the password of the database administrator of %s', (domain) => {
    const { properties } = environment.one('AWS::RDS::DBCluster', `${name}-${domain}-data`);
    expect(properties).toMatchObject({ ManageMasterUserPassword: true, MasterUserSecret: { KmsKeyId: 'Key.Arn' } });
    expect(properties).not.toHaveProperty('MasterUserPassword');
  });

  test.each(domains)(
    'the account of TSYS may read and decrypt the card events queue of %s and no other data',
    (domain) => {
      const prefix = `${name}-${domain}`;
      const { account, region } = ENVIRONMENTS[name];
      const reader = `arn:aws:iam::${ENVIRONMENTS[name].domains[domain as 'card']?.eventReaderAccount}:root`;
      const key = environment.one('AWS::KMS::Key', `${prefix}-data`).properties.KeyPolicy.Statement;
      expect(key.filter(({ Sid }: { Sid?: string }) => Sid === 'CardEventsForTheirReader')).toEqual([
        {
          Sid: 'CardEventsForTheirReader',
          Effect: 'Allow',
          Principal: { AWS: reader },
          Action: 'kms:Decrypt',
          Resource: '*',
          Condition: {
            StringEquals: {
              'kms:EncryptionContext:aws:sqs:arn': `arn:aws:sqs:${region}:${account}:${prefix}-card-events`,
            },
          },
        },
      ]);
      const queue = environment.one('AWS::SQS::Queue', `${prefix}-service`, 'CardEventsQueue').properties;
      expect(queue).toMatchObject({ QueueName: `${prefix}-card-events`, RedrivePolicy: { maxReceiveCount: 5 } });
      const policy = environment.one('AWS::SQS::QueuePolicy', `${prefix}-service`, 'CardEventsQueuePolicy').properties;
      const allowed = policy.PolicyDocument.Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Allow');
      expect(allowed).toMatchObject([{ Principal: { AWS: reader } }]);
      expect(JSON.stringify(allowed)).not.toMatch(/SendMessage|SetQueue|PurgeQueue/);
    },
  );
});
