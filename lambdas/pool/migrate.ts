import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Postgrator from 'postgrator';
import { connect, type DatabaseAddress, type Sql } from './database.ts';
import { installRoles, type RoleGrants } from './install-roles.ts';

/** Any constant will do; it is this product's name in the table of advisory locks. */
const MIGRATION_LOCK = 7_305_118;

export interface MigrationResult {
  readonly applied: readonly string[];
  readonly version: number;
  /** Whether the functions and the rights to execute them were installed anew; false when nothing about them has changed. */
  readonly functionsInstalled: boolean;
  readonly roles: number;
}

export interface MigrationOptions {
  /** Where `migrations/` and `functions/` lie; beside this module, but for a bundle. */
  readonly directory?: string;
  readonly grants: readonly RoleGrants[];
}

/**
 * Brings the database up to date (D2): numbered files, forward only, each with its checksum on record; then the functions, as a whole and only when one
 * of them has changed; then the roles. All of one run in one transaction, so that a failed migration leaves everything as it was. An
 * advisory lock makes runs take turns. Needs a direct connection, not RDS Proxy's, which would pin it.
 */
export async function migrate(address: DatabaseAddress, options: MigrationOptions): Promise<MigrationResult> {
  const { directory = fileURLToPath(new URL('.', import.meta.url)), grants } = options;
  const sql = connect(address, { maxConnections: 1, prepare: false });
  try {
    return (await sql.begin(async (begun) => {
      const transaction = begun as unknown as Sql;
      await transaction`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`;
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
        ...(await installFunctions(transaction, join(directory, 'functions'), grants)),
      };
    })) as MigrationResult;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function installFunctions(
  sql: Sql,
  directory: string,
  grants: readonly RoleGrants[],
): Promise<Pick<MigrationResult, 'functionsInstalled' | 'roles'>> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')));
  const checksum = createHash('sha256')
    .update(JSON.stringify([texts, grants]))
    .digest('hex');
  const [installed] = await sql<{ checksum: string }[]>`SELECT checksum FROM installed_functions`;
  if (installed?.checksum === checksum) return { functionsInstalled: false, roles: 0 };
  // They call each other, so none can wait for all that it calls.
  await sql`SET LOCAL check_function_bodies = off`;
  for (const text of texts) await sql.unsafe(text);
  const roles = await installRoles(sql, grants);
  await sql`
    INSERT INTO installed_functions (checksum) VALUES (${checksum})
    ON CONFLICT (only_row) DO UPDATE SET checksum = excluded.checksum, installed_at = now()
  `;
  return { functionsInstalled: true, roles };
}
