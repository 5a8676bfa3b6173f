import { Database, type DatabaseSettings } from '../pool/database/database.ts';
import { databaseAddress } from '../runtime/database-address.ts';
import { surviveDriverFault } from '../runtime/driver-fault.ts';
import { logger } from '../runtime/logging/logger.ts';
import { count } from '../runtime/metrics.ts';
import type { Settings } from '../runtime/setting-groups.ts';

/**
 * Shortest time limit of a job's statement, in milliseconds. It works on a batch and no caller
 * waits for it. On AWS the `statement_timeout` of the role ends it earlier.
 */
const JOB_STATEMENT_MS = 10_000;

const databases: Database[] = [];

/** Connections of a function that answers requests. Rejects when the secret cannot be read. */
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
 * Connections of a job. Without a circuit breaker: a job ends with its first failure, so a breaker
 * would have nothing to protect.
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

/** For a local process. Lambda freezes a process and drops it without notice. */
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
