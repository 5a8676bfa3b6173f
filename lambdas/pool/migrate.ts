import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Postgrator from 'postgrator';
import { closeToPublic } from './close-to-public.ts';
import { connect, type DatabaseAddress, type Sql } from './database.ts';
import { signed } from './database-address.ts';
import { installFunctions } from './install-functions.ts';
import { installOwner } from './install-owner.ts';
import { installRoles, type RoleGrants } from './install-roles.ts';

/** Any constant will do; it is this product's name in the table of advisory locks. */
const MIGRATION_LOCK = 7_305_118;

export interface MigrationResult {
  readonly applied: readonly string[];
  readonly version: number;
  /** Whether the functions were installed anew; false when nothing about them has changed. */
  readonly functionsInstalled: boolean;
  readonly roles: number;
  /** Who owns tables and functions: `pool_owner`, or the one who migrates where it may not create roles. */
  readonly owner: string;
  /** What every role of the server may still do here, because the one who migrates may not forbid it. */
  readonly openToPublic: readonly string[];
}

export interface MigrationOptions {
  /** Where `migrations/` and `functions/` lie; beside this module, but for a bundle. */
  readonly directory?: string;
  readonly grants: readonly RoleGrants[];
}

/**
 * Brings the database up to date (D2): numbered files, forward only, each with its checksum on record; then the functions, as a whole and only when one
 * of them has changed; then roles, owner and the database's own rights. All of one run in one transaction, so that a failed migration leaves everything as it was. An
 * advisory lock makes runs take turns. Needs a direct connection, not RDS Proxy's, which would pin it.
 */
export async function migrate(address: DatabaseAddress, options: MigrationOptions): Promise<MigrationResult> {
  const { directory = fileURLToPath(new URL('.', import.meta.url)), grants } = options;
  const sql = connect(await signed(address), { maxConnections: 1, prepare: false });
  try {
    return (await sql.begin(async (begun) => {
      const transaction = begun as unknown as Sql;
      await transaction`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`;
      // What the one who migrates has set for itself must not decide where things are created or found.
      await transaction`SET LOCAL search_path = public, pg_temp`;
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
      return {
        applied: applied.map(({ filename }) => basename(filename)),
        version: await postgrator.getDatabaseVersion(),
        functionsInstalled: await installFunctions(transaction, join(directory, 'functions')),
        roles: await installRoles(transaction, grants),
        owner: await installOwner(transaction),
        openToPublic: await closeToPublic(transaction),
      };
    })) as MigrationResult;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
