import { CfnOutput, Stack } from 'aws-cdk-lib';
import { AccountPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledgeIdempotencySecret } from '../checks/acknowledgements.ts';
import { EncryptionKey } from '../encryption/encryption-key.ts';
import type { DomainSettings, Environment, ProducerDomain } from '../environments/environment.ts';
import { keptInProduction } from '../environments/retention.ts';
import { namePrefix, stackIdentity } from '../environments/stack-identity.ts';
import { logProtection } from '../logs/log-protection.ts';
import type { NetworkStack } from '../network/network-stack.ts';
import { cardEventsName } from '../queues/card-events.ts';
import { Database } from './database.ts';

export interface DataStackProps {
  readonly environment: Environment;
  readonly domain: ProducerDomain;
  readonly settings: DomainSettings;
  /** Absent on the emulator. */
  readonly network: NetworkStack | undefined;
}

/** The stored data of a producer domain: its key, its secrets and, on AWS, its database. */
export class DataStack extends Stack {
  readonly key: IKey;
  /** The HMAC key with which idempotency keys of callers are hashed. */
  readonly idempotencySecret: Secret;
  /** Absent on the emulator. */
  readonly database: Database | undefined;

  constructor(scope: Construct, { environment, domain, settings, network }: DataStackProps) {
    const name = namePrefix(environment, domain);
    super(scope, `${name}-data`, stackIdentity(environment, 'data', domain));
    const key = new EncryptionKey(this, 'Key', environment);
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'CardEventsForTheirReader',
        principals: [new AccountPrincipal(settings.eventReaderAccount)],
        actions: ['kms:Decrypt'],
        resources: ['*'],
        conditions: {
          StringEquals: {
            'kms:EncryptionContext:aws:sqs:arn': this.formatArn({ service: 'sqs', resource: cardEventsName(name) }),
          },
        },
      }),
    );
    this.key = key;
    this.idempotencySecret = new Secret(this, 'IdempotencySecret', {
      description: 'HMAC key with which idempotency keys of callers are hashed',
      encryptionKey: key,
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: keptInProduction(environment),
    });
    acknowledgeIdempotencySecret(this.idempotencySecret);
    new CfnOutput(this, 'IdempotencySecretArn', { value: this.idempotencySecret.secretArn });
    if (environment.kind === 'aws' && network !== undefined) {
      this.database = new Database(this, 'Database', {
        environment,
        name,
        vpc: network.vpc,
        key,
        logProtection: logProtection(this, { environment, key, name: `${name}-data` }),
        restored: settings.restored,
      });
    }
  }
}
