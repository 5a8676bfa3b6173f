import { Database, type DatabaseSettings } from '../pool/database/database.ts';
import { databaseAddress } from '../runtime/database-address.ts';
import { surviveDriverFault } from '../runtime/driver-fault.ts';
import { logger } from '../runtime/logging/logger.ts';
import { count } from '../runtime/metrics.ts';
import type { Settings } from '../runtime/settings.ts';

/**
 * The least time that a job's statement gets, in milliseconds. A job's statement works on a batch, and nobody waits for its answer; on
 * AWS the role's own `statement_timeout` ends it before.
 */
const JOB_STATEMENT_MS = 10_000;

const databases: Database[] = [];

/** The connections of a function that answers requests, opened when first needed. Rejects when its secret cannot be read. */
export async function composeRequestDatabase(settings: Settings<'database'>): Promise<Database> {
  const database = new Database(
    await databaseAddress(settings),
    {
      ...databaseSettingsOf(settings),
      breaker: { failures: settings.DATABASE_BREAKER_FAILURES, openMs: settings.DATABASE_BREAKER_OPEN_MS },
    },
    {
      onBreaker(state) {
        count('DatabaseBreakerChanges', { state });
        if (state === 'open') count('DatabaseBreakerOpened', {});
        logger.warn('circuit breaker of the database', { state });
      },
    },
  );
  return keep(database);
}

/**
 * The same for a job. It has no breaker: a job ends with its first failure, and nothing could answer instead of the
 * database.
 */
export async function composeJobDatabase(
  settings: Settings<'database'>,
  statementMs = JOB_STATEMENT_MS,
): Promise<Database> {
  const { queryTimeoutMs, ...others } = databaseSettingsOf(settings);
  return keep(
    new Database(await databaseAddress(settings), {
      ...others,
      queryTimeoutMs: Math.max(queryTimeoutMs, statementMs),
    }),
  );
}

/** For processes that end in order; a Lambda is simply frozen and dropped. */
export async function closeDatabases(): Promise<void> {
  await Promise.all(databases.splice(0).map((database) => database.close()));
}

function keep(database: Database): Database {
  surviveDriverFault();
  databases.push(database);
  return database;
}

const databaseSettingsOf = (settings: Settings<'database'>): DatabaseSettings => ({
  maxConnections: settings.DATABASE_MAX_CONNECTIONS,
  queryTimeoutMs: settings.DATABASE_QUERY_TIMEOUT_MS,
  attempts: settings.DATABASE_ATTEMPTS,
  prepare: settings.DATABASE_PREPARE,
  maxIdleMs: settings.DATABASE_MAX_IDLE_SECONDS * 1_000,
});
