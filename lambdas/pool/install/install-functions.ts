import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Sql } from '../database/database.ts';

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
const INSTALLATION = 3;

export interface InstalledFunctions {
  readonly functionsInstalled: boolean;
  readonly strayFunctions: readonly string[];
}

/**
 * Installs all files under `directory/functions` as a whole, if one of the texts has changed, and drops what `removed-functions.sql` names. Each function runs
 * with its owner's rights and, apart from the triggers' own, nobody may execute one before `grantFunctions` says who.
 */
export async function installFunctions(sql: Sql, directory: string): Promise<InstalledFunctions> {
  const folder = join(directory, 'functions');
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.sql')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const removed = await readFile(join(directory, 'removed-functions.sql'), 'utf8').catch(emptyWhenAbsent);
  const checksum = createHash('sha256')
    .update(JSON.stringify([INSTALLATION, texts, removed, NAMES_ITS_SCHEMA, SEARCH_PATH]))
    .digest('hex');
  const [installed] = await sql<{ checksum: string }[]>`SELECT checksum FROM installed_functions`;
  const functionsInstalled = installed?.checksum !== checksum;
  if (functionsInstalled) {
    // They call each other, so none can wait for all that it calls.
    await sql`SET LOCAL check_function_bodies = off`;
    await sql.unsafe([...texts, removed].join('\n'));
    await sql`
      INSERT INTO installed_functions (checksum) VALUES (${checksum})
      ON CONFLICT (only_row) DO UPDATE SET checksum = excluded.checksum, installed_at = now()
    `;
  }
  await secureFunctions(sql);
  return { functionsInstalled, strayFunctions: await findStrayFunctions(sql, files) };
}

const emptyWhenAbsent = (error: unknown): string => {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
  throw error;
};

/** A function is in the file of its name: `mark_used` in `mark-used.sql`. */
async function findStrayFunctions(sql: Sql, files: readonly string[]): Promise<readonly string[]> {
  const names = new Set(files.map((file) => basename(file, '.sql').replaceAll('-', '_')));
  const found = await sql<{ name: string; signature: string }[]>`
    SELECT proname AS name, oid::regprocedure::text AS signature
    FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prorettype <> 'trigger'::regtype
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND classid = 'pg_proc'::regclass AND deptype = 'e')
    ORDER BY signature
  `;
  return found.filter(({ name }) => !names.has(name)).map(({ signature }) => signature);
}

/**
 * Trigger functions run within the functions of the pool, with their owner's rights, so they need the search path as well. Runs with each
 * migration, because a numbered file may have replaced a trigger's function, which then has no search path. Functions of an extension are
 * not ours.
 */
async function secureFunctions(sql: Sql): Promise<void> {
  await sql.unsafe(`
    DO $$
    DECLARE
      routine record;
    BEGIN
      FOR routine IN
        SELECT
          oid::regprocedure AS signature,
          prorettype = 'trigger'::regtype AS is_trigger,
          proname IN (${NAMES_ITS_SCHEMA.map((name) => `'${name}'`).join(', ')}) AS names_its_schema,
          (SELECT setting FROM unnest(proconfig) AS setting WHERE setting LIKE 'search\\_path=%') AS path,
          prosecdef AS is_definer,
          has_function_privilege('public', oid, 'EXECUTE') AS is_public
        FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
          AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND classid = 'pg_proc'::regclass AND deptype = 'e')
      LOOP
        IF routine.names_its_schema AND routine.path IS NOT NULL THEN
          EXECUTE format('ALTER FUNCTION %s RESET search_path', routine.signature);
        ELSIF NOT routine.names_its_schema AND routine.path IS DISTINCT FROM 'search_path=${SEARCH_PATH}' THEN
          EXECUTE format('ALTER FUNCTION %s SET search_path = ${SEARCH_PATH}', routine.signature);
        END IF;
        IF NOT routine.is_trigger AND NOT routine.is_definer THEN
          EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER', routine.signature);
        END IF;
        IF routine.is_public THEN
          EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', routine.signature);
        END IF;
      END LOOP;
    END $$
  `);
}
