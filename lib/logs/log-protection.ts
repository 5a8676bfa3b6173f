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

/** Where CloudWatch writes down what it masked, and in which log. */
export const findingsLogName = (name: string): string => `/card-tokenization-pool/${name}/masked-card-numbers`;

/** A net under the rule that no card number is logged: CloudWatch masks what looks like one, and writes down that it had to, which rings an alarm. */
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
