import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Takes note of a finding that stands, with the reason why it may: on the narrowest construct, by its full id. */
export function acknowledge(scope: IConstruct, id: string, reason: string): void {
  Validations.of(scope).acknowledge({ id, reason });
}
