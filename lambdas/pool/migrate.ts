import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Postgrator from 'postgrator';
import { acceptedAddress } from './database/accepted-address.ts';
import { connect, type DatabaseAddress, type Sql } from './database/database.ts';
import { closeToPublic } from './install/close-to-public.ts';
import { installFunctions } from './install/install-functions.ts';
import { installIndexes } from './install/install-indexes.ts';
import { createOwner, giveToOwner } from './install/install-owner.ts';
import { createRoles, grantFunctions, type RoleGrants } from './install/install-roles.ts';
import { takeTurn } from './install/migration-turn.ts';

export interface MigrationResult {
  readonly applied: readonly string[];
  readonly version: number;
  /** Whether the functions were installed anew; false when nothing about them has changed. */
  readonly functionsInstalled: boolean;
  /** Functions of the schema that no file installs any more. `removed-functions.sql` is where they are dropped. */
  readonly strayFunctions: readonly string[];
  readonly roles: number;
  /** Roles whose limits are not these, because the one who migrates may not change them. */
  readonly rolesWithOtherLimits: readonly string[];
  /** Who owns tables and functions: `pool_owner`, or the one who migrates where it may not create roles. */
  readonly owner: string;
  /** What every role of the server may still do here, because the one who migrates may not forbid it. */
  readonly openToPublic: readonly string[];
  /** The indexes that were built after the transaction. */
  readonly indexesBuilt: readonly string[];
}

export interface MigrationOptions {
  /** Where `migrations/`, `functions/` and `indexes/` lie; beside this module, but for a bundle. */
  readonly directory?: string;
  readonly grants: readonly RoleGrants[];
  /** The longest that a statement waits for a lock. Requests that need the same table wait behind it for as long. */
  readonly lockTimeoutMs?: number;
  /** The pause before the transaction is tried again, in milliseconds; it doubles up to ten times as much. */
  readonly retryMs?: number;
  /** Executions of the transaction: more than one only when a lock could not be had. */
  readonly attempts?: number;
}

const LOCK_TIMEOUT_MS = 200;
const RETRY_MS = 500;
/** About five minutes, within the time that the deployment gives a migration. */
const ATTEMPTS = 60;

/**
 * Brings the database up to date. First what belongs to the server: roles, and what PUBLIC may do. Then, in one transaction, so that a failed migration
 * leaves everything as it was: numbered files, forward only, each with its checksum on record; the functions, as a whole and only when one of
 * them has changed; who owns and who may execute them. Last the indexes, which are built beside running requests. docs/database-changes.md
 * says how to write each.
 *
 * Runs take turns. Needs a direct connection, not RDS Proxy's, which would pin it.
 */
export async function migrate(address: DatabaseAddress, options: MigrationOptions): Promise<MigrationResult> {
  const { directory = fileURLToPath(new URL('.', import.meta.url)), grants } = options;
  const signedIn = await acceptedAddress(address);
  const sql = connect(signedIn, { maxConnections: 1, prepare: false });
  const turn = connect(signedIn, { maxConnections: 1, prepare: false });
  let giveBack = async (): Promise<void> => undefined;
  try {
    const owner = await createOwner(sql);
    giveBack = await takeTurn(turn, owner);
    const created = await createRoles(sql, grants);
    const openToPublic = await closeToPublic(sql);
    const changed = await changeWhenFree(sql, { ...options, directory }, owner);
    const indexesBuilt = await installIndexes(sql, join(directory, 'indexes'));
    return { ...changed, ...created, owner, openToPublic, indexesBuilt };
  } finally {
    await giveBack();
    await Promise.all([sql.end({ timeout: 1 }), turn.end({ timeout: 1 })]);
  }
}

type Changed = Pick<MigrationResult, 'applied' | 'version' | 'functionsInstalled' | 'strayFunctions'>;

/**
 * The transaction, until each of its locks could be had at once. An ALTER that waits behind one open reader makes every later request for the
 * table wait behind itself: so it waits a moment only, everything is undone, and requests go on until the next try.
 */
async function changeWhenFree(
  sql: Sql,
  options: MigrationOptions & { readonly directory: string },
  owner: string,
): Promise<Changed> {
  const { lockTimeoutMs = LOCK_TIMEOUT_MS, retryMs = RETRY_MS, attempts = ATTEMPTS } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await sql.begin(async (begun) => {
        const transaction = begun as unknown as Sql;
        // What the one who migrates has set for itself must not decide where things are created or found.
        await transaction.unsafe(`SET LOCAL lock_timeout = ${lockTimeoutMs}; SET LOCAL search_path = public, pg_temp`);
        return change(transaction, options, owner);
      })) as Changed;
    } catch (error) {
      if (attempt >= attempts || !isLockUnavailable(error)) throw error;
      await sleep(Math.min(retryMs * 2 ** (attempt - 1), retryMs * 10));
    }
  }
}

async function change(
  transaction: Sql,
  { directory, grants }: MigrationOptions & { readonly directory: string },
  owner: string,
): Promise<Changed> {
  const postgrator = new Postgrator({
    driver: 'pg',
    migrationPattern: `${directory}/migrations/*.sql`,
    schemaTable: 'schema_version',
    newline: 'LF',
    execQuery: async (query) => ({ rows: await transaction.unsafe(query) }),
    execSqlScript: async (script) => {
      await transaction.unsafe(script);
    },
  });
  const applied = await postgrator.migrate();
  const installed = await installFunctions(transaction, directory);
  await grantFunctions(transaction, grants);
  await giveToOwner(transaction, owner);
  return {
    applied: applied.map(({ filename }) => basename(filename)),
    version: await postgrator.getDatabaseVersion(),
    ...installed,
  };
}

/** A lock that was not free, or a deadlock with a request. */
const isLockUnavailable = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === '55P03' || error.code === '40P01');
