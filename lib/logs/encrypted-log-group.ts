import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type DataProtectionPolicy, LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Environment } from '../environments/environment.ts';
import { keptInProduction } from '../environments/retention.ts';

export interface EncryptedLogGroupProps {
  readonly environment: Environment;
  readonly key: IKey;
  readonly name: string;
  /** Masks what looks like a card number, and reports it. */
  readonly protection?: DataProtectionPolicy | undefined;
}

/** A log group under our key that is kept as long as its environment says. Made before what writes to it, which may make none itself. */
export class EncryptedLogGroup extends LogGroup {
  constructor(scope: Construct, id: string, { environment, key, name, protection }: EncryptedLogGroupProps) {
    super(scope, id, {
      logGroupName: name,
      encryptionKey: key,
      retention: environment.logRetentionDays,
      removalPolicy: keptInProduction(environment),
      ...(protection === undefined ? {} : { dataProtectionPolicy: protection }),
    });
  }
}
