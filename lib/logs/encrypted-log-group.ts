import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type DataProtectionPolicy, LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Environment } from '../environments/environment.ts';
import { keptInProduction } from '../environments/retention.ts';

export interface EncryptedLogGroupProps {
  readonly environment: Environment;
  readonly key: IKey;
  readonly name: string;
  /** Masks and reports card numbers. */
  readonly protection?: DataProtectionPolicy | undefined;
}

/**
 * A log group with the key of this product and the retention of its environment. Create it before
 * the resource that writes to it: AWS services create a missing log group themselves, without the
 * key and without an expiry.
 */
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
