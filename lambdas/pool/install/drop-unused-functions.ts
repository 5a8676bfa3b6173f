import { arrayLiteral } from '../database/array-parameters.ts';
import type { Sql } from '../database/database.ts';

/** The comment, in the database, on each function that a migration installed. */
export const INSTALLED_MARK = 'Installed by the migration from lambdas/pool/functions';

/** Marks the functions of these names as installed by the migration. */
export async function markInstalledFunctions(sql: Sql, names: readonly string[]): Promise<void> {
  await sql.unsafe(`
    DO $$
    DECLARE
      signature regprocedure;
    BEGIN
      FOR signature IN
        SELECT oid FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND proname = ANY ('${arrayLiteral(names)}'::text[])
      LOOP
        EXECUTE format('COMMENT ON FUNCTION %s IS %L', signature, '${INSTALLED_MARK}');
      END LOOP;
    END $$
  `);
}

/**
 * Drops each function that a migration installed, that has no file now, and that no code can reach:
 * before this migration no role could execute it and no function called it. Returns the signatures.
 *
 * Call it before functions are installed and rights are changed. A function whose file was deleted
 * in this release is usually still reachable then. This migration takes away its rights and its
 * callers, and the next one drops it. So the code that runs beside a migration never loses a
 * function by it.
 */
export async function dropUnusedFunctions(sql: Sql, names: readonly string[]): Promise<readonly string[]> {
  const unused = await sql<{ signature: string }[]>`
    SELECT oid::regprocedure::text AS signature
    FROM pg_proc AS unused
    WHERE pronamespace = 'public'::regnamespace
      AND proname <> ALL (${arrayLiteral(names)}::text[])
      AND obj_description(oid, 'pg_proc') = ${INSTALLED_MARK}
      AND NOT EXISTS (
        SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) AS granted WHERE granted.grantee <> proowner
      )
      AND NOT EXISTS (
        SELECT FROM pg_proc AS caller
        WHERE caller.pronamespace = unused.pronamespace
          AND caller.oid <> unused.oid
          AND caller.prosrc ~ ('\\m' || unused.proname || '\\s*\\(')
      )
      -- An index or a default of a column that uses it.
      AND NOT EXISTS (
        SELECT FROM pg_depend WHERE refclassid = 'pg_proc'::regclass AND refobjid = unused.oid AND deptype = 'n'
      )
    ORDER BY signature
  `;
  for (const { signature } of unused) await sql.unsafe(`DROP FUNCTION ${signature}`);
  return unused.map(({ signature }) => signature);
}
