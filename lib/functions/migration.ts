import { Duration } from 'aws-cdk-lib';
import { Trigger } from 'aws-cdk-lib/triggers';
import type { Construct } from 'constructs';
import type { TokenFunction } from './token-function.ts';

export interface MigrationProps {
  readonly migrate: TokenFunction;
  /** What runs against the new schema, and is deployed only after it is there. */
  readonly before: readonly TokenFunction[];
}

/** D2: runs the migration in the deployment, before any new code is in place. When it fails, the deployment does, and the old code goes on. */
export class Migration extends Trigger {
  constructor(scope: Construct, id: string, { migrate, before }: MigrationProps) {
    super(scope, id, {
      handler: migrate.function,
      timeout: Duration.minutes(14),
      executeBefore: [...before],
      executeOnHandlerChange: true,
    });
  }
}
