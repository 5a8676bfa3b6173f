import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sql } from './database.ts';

/**
 * The hot path's functions. Their texts name each table, type, function and operator with its schema instead: a search path that is set
 * for each call takes a fifth of their rate (docs/performance.md).
 */
const NAMES_ITS_SCHEMA = ['reserve', 'mark_used'];

/**
 * The search path of every other function. PostgreSQL searches pg_temp first unless the path names it: it comes last, so that a caller's
 * temporary table, view or type never takes the place of one of ours.
 */
const SEARCH_PATH = 'pg_catalog, public, pg_temp';

/** Part of the checksum: raise it when this file installs the same texts in another way. */
const INSTALLATION = 2;

/**
 * Installs `directory/*.sql` as a whole, if one of the texts has changed, and says whether it did. Each function runs with its owner's rights and, apart
 * from the triggers' own, nobody may execute one before `installRoles` says who.
 */
export async function installFunctions(sql: Sql, directory: string): Promise<boolean> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')));
  const checksum = createHash('sha256')
    .update(JSON.stringify([INSTALLATION, texts, NAMES_ITS_SCHEMA, SEARCH_PATH]))
    .digest('hex');
  const [installed] = await sql<{ checksum: string }[]>`SELECT checksum FROM installed_functions`;
  if (installed?.checksum === checksum) return false;
  // They call each other, so none can wait for all that it calls.
  await sql`SET LOCAL check_function_bodies = off`;
  for (const text of texts) await sql.unsafe(text);
  await secureFunctions(sql);
  await sql`
    INSERT INTO installed_functions (checksum) VALUES (${checksum})
    ON CONFLICT (only_row) DO UPDATE SET checksum = excluded.checksum, installed_at = now()
  `;
  return true;
}

/**
 * Trigger functions run within the functions of the pool, with their owner's rights, so they need the search path as well. Functions of
 * an extension are not ours.
 */
async function secureFunctions(sql: Sql): Promise<void> {
  await sql.unsafe(`
    DO $$
    DECLARE
      routine record;
    BEGIN
      FOR routine IN
        SELECT oid::regprocedure AS signature, proname AS name, prorettype = 'trigger'::regtype AS is_trigger
        FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
          AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND classid = 'pg_proc'::regclass AND deptype = 'e')
      LOOP
        IF routine.name = ANY (ARRAY[${NAMES_ITS_SCHEMA.map((name) => `'${name}'`).join(', ')}]) THEN
          EXECUTE format('ALTER FUNCTION %s RESET search_path', routine.signature);
        ELSE
          EXECUTE format('ALTER FUNCTION %s SET search_path = ${SEARCH_PATH}', routine.signature);
        END IF;
        IF NOT routine.is_trigger THEN
          EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER', routine.signature);
        END IF;
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', routine.signature);
      END LOOP;
    END $$
  `);
}
