import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Postgrator from 'postgrator';
import { acceptedAddress } from './database/accepted-address.ts';
import { connect, type DatabaseAddress, type Sql } from './database/database.ts';
import { closeToPublic } from './install/close-to-public.ts';
import type { FormRules } from './install/form-bodies.ts';
import { type InstalledFunctions, installFunctions } from './install/install-functions.ts';
import { installIndexes } from './install/install-indexes.ts';
import { createOwner, giveToOwner } from './install/install-owner.ts';
import { type CreatedRoles, createRoles, grantFunctions, type RoleGrants } from './install/install-roles.ts';
import { takeTurn } from './install/migration-turn.ts';
import { withPresentChecksums } from './install/reworded-migrations.ts';

export interface MigrationResult extends Changed, CreatedRoles {
  /**
   * Who owns tables and functions: `pool_owner`, or the migrating user if it may not create roles.
   */
  readonly owner: string;
  /**
   * What every role of the server may still do here, because the migrating user may not forbid it.
   */
  readonly openToPublic: readonly string[];
  /** The indexes that were built after the transaction. */
  readonly indexesBuilt: readonly string[];
}

/** The result of the transaction. */
interface Changed extends InstalledFunctions {
  /** The numbered files that were executed. */
  readonly applied: readonly string[];
  /** The number of the last numbered file. */
  readonly version: number;
}

export interface MigrationOptions {
  /** The folder of `migrations/`, `functions/` and `indexes/`: by default that of this module. */
  readonly directory?: string;
  readonly grants: readonly RoleGrants[];
  /** What tokens look like: by default as the default settings say. */
  readonly rules?: FormRules;
  /** How long a statement waits for a lock. Requests for the same table wait behind it as long. */
  readonly lockTimeoutMs?: number;
  /**
   * The pause before the second attempt. It doubles with each attempt, up to ten times this value.
   */
  readonly retryMs?: number;
  /** How many times the transaction is tried when a lock is not available. */
  readonly attempts?: number;
}

const LOCK_TIMEOUT_MS = 200;
const RETRY_MS = 500;
/** About five minutes. The deployment allows the migration ten (`composition/migrate.ts`). */
const ATTEMPTS = 60;

/**
 * Brings the database up to date, in this order:
 *
 * 1. What belongs to the server: the roles, and the rights of PUBLIC.
 * 2. One transaction, so that a failed migration changes nothing: the numbered files (forward only,
 *    each with a recorded checksum), the functions, their owner and the grants.
 * 3. The indexes, each built outside a transaction while requests continue.
 *
 * Migrations of one database take turns. docs/database-changes.md says how to write each part.
 * The address must not be RDS Proxy's: the lock of the turn would pin a connection of the proxy.
 */
export async function migrate(address: DatabaseAddress, options: MigrationOptions): Promise<MigrationResult> {
  const { directory = fileURLToPath(new URL('.', import.meta.url)), grants } = options;
  const signedIn = await acceptedAddress(address);
  const sql = connect(signedIn, { maxConnections: 1, prepare: false });
  const turn = connect(signedIn, { maxConnections: 1, prepare: false });
  let endTurn = async (): Promise<void> => undefined;
  try {
    const owner = await createOwner(sql);
    endTurn = await takeTurn(turn, owner);
    const created = await createRoles(sql, grants);
    const openToPublic = await closeToPublic(sql);
    const hasRoles = created.roles > 0;
    const changed = await retryWhileLocked(options, () =>
      sql.begin((transaction) => change(transaction as unknown as Sql, { ...options, directory, owner, hasRoles })),
    );
    const indexesBuilt = await installIndexes(sql, join(directory, 'indexes'));
    return { ...changed, ...created, owner, openToPublic, indexesBuilt };
  } finally {
    await endTurn();
    await Promise.all([sql.end({ timeout: 1 }), turn.end({ timeout: 1 })]);
  }
}

/**
 * Repeats the transaction until all its locks were available. An ALTER TABLE that waits for one
 * open reader makes every later request for the table wait behind it. So it waits for a moment
 * only, the transaction is rolled back, and requests continue until the next attempt.
 */
async function retryWhileLocked(
  { retryMs = RETRY_MS, attempts = ATTEMPTS }: MigrationOptions,
  transaction: () => Promise<Changed>,
): Promise<Changed> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction();
    } catch (error) {
      if (attempt >= attempts || !isLockUnavailable(error)) throw error;
      await sleep(Math.min(retryMs * 2 ** (attempt - 1), retryMs * 10));
    }
  }
}

interface ChangeOptions extends MigrationOptions {
  readonly directory: string;
  readonly owner: string;
  /** Whether requests sign in as the roles of `grants`, and not as the owner. */
  readonly hasRoles: boolean;
}

async function change(
  transaction: Sql,
  { directory, grants, rules, owner, hasRoles, lockTimeoutMs = LOCK_TIMEOUT_MS }: ChangeOptions,
): Promise<Changed> {
  // The migrating user's own search path must not decide where objects are created or found.
  await transaction.unsafe(`SET LOCAL lock_timeout = ${lockTimeoutMs}; SET LOCAL search_path = public, pg_temp`);
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
  const applied = await withPresentChecksums(transaction, () => postgrator.migrate());
  const installed = await installFunctions(transaction, directory, { dropUnused: hasRoles, rules });
  await grantFunctions(transaction, grants);
  await giveToOwner(transaction, owner);
  return {
    applied: applied.map(({ filename }) => basename(filename)),
    version: await postgrator.getDatabaseVersion(),
    ...installed,
  };
}

/**
 * Whether a lock was not available (55P03), or the transaction deadlocked with a request (40P01).
 */
const isLockUnavailable = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === '55P03' || error.code === '40P01');
