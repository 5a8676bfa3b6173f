import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CustomDataIdentifier, DataIdentifier, DataProtectionPolicy } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { EncryptedLogGroup } from './encrypted-log-group.ts';
import type { Environment } from './environment.ts';

export interface LogProtectionProps {
  readonly environment: Environment;
  readonly key: IKey;
  /** The prefix of names, such as `prod-card`. */
  readonly name: string;
}

/** What ends a number. CloudWatch's expressions have neither groups nor a look behind or ahead. A UUID's parts are none. */
const EDGE = '[^0-9A-Fa-f-]';

/** Four groups, as on most cards, or three, as on those of American Express. */
const IN_GROUPS = [
  `${EDGE}\\d{4}[ -]\\d{4}[ -]\\d{4}[ -]\\d{1,7}${EDGE}`,
  `${EDGE}3\\d{3}[ -]\\d{6}[ -]\\d{5}${EDGE}`,
].join('|');

/** Visa, Mastercard, American Express, Discover and UnionPay. Not every number of such a length: a time in milliseconds has thirteen digits. */
const OF_A_NETWORK = ['4\\d{15}', '5[1-5]\\d{14}', '2[2-7]\\d{14}', '3[47]\\d{13}', '6\\d{15}']
  .map((number) => `${EDGE}${number}${EDGE}`)
  .join('|');

/** Where CloudWatch writes down what it masked, and in which log. */
export const findingsLogName = (name: string): string => `/card-tokenization-pool/${name}/masked-card-numbers`;

/** A net under the rule that no card number is logged: CloudWatch masks what looks like one, and writes down that it had to, which rings an alarm. */
export function logProtection(scope: Construct, { environment, key, name }: LogProtectionProps): DataProtectionPolicy {
  return new DataProtectionPolicy({
    name: 'card-numbers',
    description: 'Masks card numbers and reports them',
    identifiers: [
      DataIdentifier.CREDITCARDNUMBER,
      new CustomDataIdentifier('CardNumberInGroups', IN_GROUPS),
      new CustomDataIdentifier('CardNumberOfANetwork', OF_A_NETWORK),
    ],
    logGroupAuditDestination: new EncryptedLogGroup(scope, 'MaskedCardNumbers', {
      environment,
      key,
      name: findingsLogName(name),
    }),
  });
}
