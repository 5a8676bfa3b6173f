import { Database, type DatabaseSettings } from '../pool/database.ts';
import { databaseAddress } from './database-address.ts';
import { surviveDriverFault } from './driver-fault.ts';
import type { Settings } from './settings.ts';

const databaseSettingsOf = (settings: Settings<'database'>): DatabaseSettings => ({
  maxConnections: settings.DATABASE_MAX_CONNECTIONS,
  queryTimeoutMs: settings.DATABASE_QUERY_TIMEOUT_MS,
  attempts: settings.DATABASE_ATTEMPTS,
  prepare: settings.DATABASE_PREPARE,
});

const databases: Database[] = [];

/** A function's connections, opened when first needed. Rejects when its secret cannot be read. */
export async function composeDatabase(settings: Settings<'database'>): Promise<Database> {
  surviveDriverFault();
  const database = new Database(await databaseAddress(settings), databaseSettingsOf(settings));
  databases.push(database);
  return database;
}

/** For processes that end in order; a Lambda is simply frozen and dropped. */
export async function closeDatabases(): Promise<void> {
  await Promise.all(databases.splice(0).map((database) => database.close()));
}
