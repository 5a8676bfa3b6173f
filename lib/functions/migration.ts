import { Duration } from 'aws-cdk-lib';
import { Trigger } from 'aws-cdk-lib/triggers';
import type { Construct } from 'constructs';
import type { TokenFunction } from './token-function.ts';

export interface MigrationProps {
  readonly migrate: TokenFunction;
  /** The functions that need the new schema. The deployment replaces them after the migration. */
  readonly before: readonly TokenFunction[];
}

/**
 * Runs the migration during the deployment, before any other function is replaced. If it fails, the
 * deployment fails and the old code continues to run.
 */
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
