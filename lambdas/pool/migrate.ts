import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import Postgrator from 'postgrator';
import { connect, type DatabaseAddress } from './database.ts';

/** Any constant will do; it is this product's name in the table of advisory locks. */
const MIGRATION_LOCK = 7_305_118;

export interface MigrationResult {
  readonly applied: readonly string[];
  readonly version: number;
}

/**
 * Brings the schema up to date: numbered files, forward only, each with its checksum on record, all of one run in one transaction, so that a failed migration
 * leaves the schema as it was (D2). An advisory lock makes runs take turns. Needs a direct connection, not RDS Proxy's,
 * which would pin it. `directory` holds the files where they do not lie beside this module (in a bundle).
 */
export async function migrate(
  address: DatabaseAddress,
  directory = fileURLToPath(new URL('migrations', import.meta.url)),
): Promise<MigrationResult> {
  const sql = connect(address, { maxConnections: 1, prepare: false });
  try {
    return (await sql.begin(async (transaction) => {
      await transaction`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`;
      const postgrator = new Postgrator({
        driver: 'pg',
        migrationPattern: `${directory}/*.sql`,
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
      };
    })) as MigrationResult;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
