import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Sql } from '../database/database.ts';
import { dropUnusedFunctions, markInstalledFunctions } from './drop-unused-functions.ts';
import { type FormRules, formBodies, withBody } from './form-bodies.ts';

/**
 * Functions without a search path, because setting one for each call costs a fifth of their rate
 * (docs/performance.md). They name each table, type, function and operator with its schema.
 */
const NAMES_ITS_SCHEMA = ['reserve', 'mark_used'];

/**
 * The search path of every other function. PostgreSQL searches pg_temp first unless the path names
 * it. It is last here, so that a caller's temporary table, view or type cannot replace ours.
 */
const SEARCH_PATH = 'pg_catalog, public, pg_temp';

/** Part of the checksum. Increase it when this file installs the same texts in another way. */
const INSTALLATION = 4;

export interface InstalledFunctions {
  /** Whether the functions were installed; false when no text has changed. */
  readonly functionsInstalled: boolean;
  /** Functions without a file that were dropped, because no code could reach them any more. */
  readonly functionsDropped: readonly string[];
  /**
   * Functions without a file that are still there. The next migration drops those that it may drop.
   */
  readonly strayFunctions: readonly string[];
}

export interface InstallationOptions {
  /**
   * Must be false when code signs in as the owner of the functions: then a function that is granted
   * to no role can be in use.
   */
  readonly dropUnused: boolean;
  /** The rules of the forms. By default those of the default settings, which are in the files. */
  readonly rules: FormRules | undefined;
}

/**
 * Installs all files under `directory/functions`, if a text has changed, and drops functions that
 * have no file any more. Each function runs with the rights of its owner. No role may execute one
 * until `grantFunctions` grants it; that runs in each migration and does not depend on the
 * checksum.
 *
 * The functions of forms get the bodies of `rules`. These are part of the checksum, so another
 * profile or reference format installs the functions again.
 */
export async function installFunctions(
  sql: Sql,
  directory: string,
  { dropUnused, rules }: InstallationOptions,
): Promise<InstalledFunctions> {
  const folder = join(directory, 'functions');
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.sql')).sort();
  const names = files.map(functionNameOf);
  const functionsDropped = dropUnused ? await dropUnusedFunctions(sql, names) : [];

  const texts = withForms(names, await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8'))), rules);
  const checksum = createHash('sha256')
    .update(JSON.stringify([INSTALLATION, texts, NAMES_ITS_SCHEMA, SEARCH_PATH]))
    .digest('hex');
  const [installed] = await sql<{ checksum: string }[]>`SELECT checksum FROM installed_functions`;
  const functionsInstalled = installed?.checksum !== checksum;
  if (functionsInstalled) {
    // Functions call each other, so no order would let PostgreSQL check each body.
    await sql`SET LOCAL check_function_bodies = off`;
    await sql.unsafe(texts.join('\n'));
    await markInstalledFunctions(sql, names);
    await sql`
      INSERT INTO installed_functions (checksum) VALUES (${checksum})
      ON CONFLICT (only_row) DO UPDATE SET checksum = excluded.checksum, installed_at = now()
    `;
  }
  await secureFunctions(sql);
  return { functionsInstalled, functionsDropped, strayFunctions: await findStrayFunctions(sql, names) };
}

/** The texts of the functions `names`. A file of a function of forms must exist. */
function withForms(
  names: readonly string[],
  texts: readonly string[],
  rules: FormRules | undefined,
): readonly string[] {
  if (rules === undefined) return texts;
  const bodies = formBodies(rules);
  const missing = [...bodies.keys()].filter((name) => !names.includes(name));
  if (missing.length > 0) throw new Error(`functions/forms must have a file for each of ${missing.join(', ')}`);
  return texts.map((text, index) => {
    const newBody = bodies.get(names[index] ?? '');
    return newBody === undefined ? text : withBody(text, newBody);
  });
}

/** A function is in the file of its name: `mark_used` in `mark-used.sql`. */
export const functionNameOf = (file: string): string => basename(file, '.sql').replaceAll('-', '_');

async function findStrayFunctions(sql: Sql, names: readonly string[]): Promise<readonly string[]> {
  const found = await sql<{ name: string; signature: string }[]>`
    SELECT proname AS name, oid::regprocedure::text AS signature
    FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prorettype <> 'trigger'::regtype
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND classid = 'pg_proc'::regclass AND deptype = 'e')
    ORDER BY signature
  `;
  return found.filter(({ name }) => !names.includes(name)).map(({ signature }) => signature);
}

/**
 * Sets the search path, the owner's rights and the rights of PUBLIC of every function, apart from
 * those of an extension. It runs in each migration, because a numbered file may have replaced the
 * function of a trigger. That one runs inside the pool's functions, so it needs the search path
 * too.
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
