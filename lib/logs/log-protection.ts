import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CustomDataIdentifier, DataIdentifier, DataProtectionPolicy } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Environment } from '../environments/environment.ts';
import { CARD_NUMBER_MASKS } from './card-number-masks.ts';
import { EncryptedLogGroup } from './encrypted-log-group.ts';

export interface LogProtectionProps {
  readonly environment: Environment;
  readonly key: IKey;
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
}

/** The log group where CloudWatch records each finding: what it masked and in which log group. */
export const findingsLogName = (name: string): string => `/card-tokenization-pool/${name}/masked-card-numbers`;

/**
 * Masks text in logs that looks like a card number. The functions never log a card number; this is
 * the second line of defence. Each finding is recorded and raises the alarm `card-number-masked`.
 */
export function logProtection(scope: Construct, { environment, key, name }: LogProtectionProps): DataProtectionPolicy {
  return new DataProtectionPolicy({
    name: 'card-numbers',
    description: 'Masks card numbers and reports them',
    identifiers: [
      DataIdentifier.CREDITCARDNUMBER,
      ...CARD_NUMBER_MASKS.map((mask, index) => new CustomDataIdentifier(`CardNumber${index + 1}`, mask)),
    ],
    logGroupAuditDestination: new EncryptedLogGroup(scope, 'MaskedCardNumbers', {
      environment,
      key,
      name: findingsLogName(name),
    }),
  });
}
