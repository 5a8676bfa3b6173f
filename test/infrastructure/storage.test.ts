import { describe, expect, test } from 'vitest';
import { ENVIRONMENTS } from '../../lib/environments/environments.ts';
import { ENVIRONMENT_NAMES, type Resource, synthesized } from './synthesized-environment.ts';

/** Where each type of resource names its key. */
const KEYS: Readonly<Record<string, (properties: Resource['properties']) => readonly unknown[]>> = {
  'AWS::SQS::Queue': ({ KmsMasterKeyId }) => [KmsMasterKeyId],
  'AWS::SNS::Topic': ({ KmsMasterKeyId }) => [KmsMasterKeyId],
  'AWS::Logs::LogGroup': ({ KmsKeyId }) => [KmsKeyId],
  'AWS::SecretsManager::Secret': ({ KmsKeyId }) => [KmsKeyId],
  'AWS::RDS::DBCluster': ({ KmsKeyId, MasterUserSecret }) => [KmsKeyId, MasterUserSecret.KmsKeyId],
  'AWS::RDS::DBInstance': ({ PerformanceInsightsKMSKeyId }) => [PerformanceInsightsKMSKeyId],
};

/** A key as a stack of its own domain, or of the network, names it. */
const ownKeyOf = (stack: string): string =>
  /-(network|data)$/.test(stack) ? 'Key.Arn' : `${stack.replace(/-[a-z]+$/, '')}-data:KeyArn`;

describe.each(ENVIRONMENT_NAMES)('%s', (name) => {
  const environment = synthesized(name);
  const isProduction = name === 'prod';
  const isOnAws = name !== 'local';
  const domains = Object.keys(ENVIRONMENTS[name].domains);

  test('every queue, topic, log group, secret and database is encrypted with the key of its own domain', () => {
    const stored = environment.resources.filter(({ type }) => type in KEYS);
    expect(new Set(stored.map(({ type }) => type)).size).toBe(isOnAws ? 6 : 4);
    const named = stored.map(({ stack, id, type, properties }) => [id, KEYS[type]?.(properties), stack] as const);
    expect(named.filter(([, keys, stack]) => keys?.some((key) => key !== ownKeyOf(stack)))).toEqual([]);
    for (const { properties } of environment.all('AWS::RDS::DBCluster')) expect(properties.StorageEncrypted).toBe(true);
  });

  test('each key rotates, and AWS’s services may use it only for what is this account’s', () => {
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

  test('every log says how long it is kept: a year and more in production', () => {
    const days = environment.all('AWS::Logs::LogGroup').map(({ properties }) => properties.RetentionInDays);
    expect(days.length).toBeGreaterThan(10);
    expect(new Set(days)).toEqual(new Set([ENVIRONMENTS[name].logRetentionDays]));
    if (isProduction) expect(Math.min(...days)).toBeGreaterThanOrEqual(365);
  });

  test('every function writes into a log group of ours that is there before it, and so do CDK’s own', () => {
    const groups = new Set(environment.all('AWS::Logs::LogGroup').map(({ stack, id }) => `${stack} ${id}`));
    const functions = environment.all('AWS::Lambda::Function');
    expect(functions.length).toBeGreaterThanOrEqual(12 * domains.length);
    const elsewhere = functions.filter(
      ({ stack, properties }) => !groups.has(`${stack} ${properties.LoggingConfig?.LogGroup}`),
    );
    expect(elsewhere.map(({ id }) => id)).toEqual([]);
  });

  test.runIf(isOnAws)('on AWS card numbers are masked in every log that the product’s requests could reach', () => {
    const open = environment
      .all('AWS::Logs::LogGroup')
      .filter(({ stack, properties }) => stack.endsWith('-service') && properties.DataProtectionPolicy === undefined);
    // What CDK's own function, which sees no request, and the findings themselves go to.
    expect([...new Set(open.map(({ id }) => id))].sort()).toEqual([
      'AWSCDKTriggerCustomResourceProviderCustomResourceProviderLogs',
      'MaskedCardNumbers',
    ]);
  });

  test('every queue and topic is spoken to over TLS only', () => {
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
    'what production keeps outlives its stacks: keys, logs and secrets stay, the database leaves a snapshot',
    () => {
      for (const type of ['AWS::KMS::Key', 'AWS::Logs::LogGroup', 'AWS::SecretsManager::Secret']) {
        expect(new Set(environment.all(type).map(({ deletionPolicy }) => deletionPolicy))).toEqual(new Set(['Retain']));
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

  test.runIf(!isOnAws)('an emulated environment leaves nothing behind', () => {
    const kept = environment.resources.filter(({ deletionPolicy }) => deletionPolicy === 'Retain');
    expect(kept).toEqual([]);
  });

  test.runIf(isOnAws).each(domains)(
    'the administrator of %s’s database signs in with a password that RDS keeps and changes',
    (domain) => {
      const { properties } = environment.one('AWS::RDS::DBCluster', `${name}-${domain}-data`);
      expect(properties).toMatchObject({ ManageMasterUserPassword: true, MasterUserSecret: { KmsKeyId: 'Key.Arn' } });
      expect(properties).not.toHaveProperty('MasterUserPassword');
    },
  );

  test.each(domains)(
    'card events of %s are read by the processor’s account, which may decrypt that queue and nothing else',
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
