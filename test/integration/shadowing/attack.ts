import type { Sql } from '../../../lambdas/pool/database/database.ts';
import { SHADOW_KINDS, type ShadowKind, shadowStatements } from './shadow-objects.ts';

/** The counters: one for each kind of trap, and one for traps that a superuser executed. */
const COUNTED = [...SHADOW_KINDS, 'superuser'] as const;

/**
 * How many times a trap ran with more rights than its session had; `superuser` counts those with a
 * superuser's rights.
 */
export type Escalations = Partial<Record<ShadowKind | 'superuser', number>>;

export interface AttackResult {
  readonly escalations: Escalations;
  /** How many objects the role could create. */
  readonly made: number;
  /** Functions of which at least one call succeeded. */
  readonly completed: ReadonlySet<string>;
}

/**
 * Prepares the test as an administrator: the traps, a schema with objects of each kind, which a
 * role could not create itself, and a function that executes statements one after the other and
 * undoes or keeps each. A trap counts with a sequence, because a sequence keeps its value after a
 * rollback.
 */
export async function prepareTraps(sql: Sql): Promise<void> {
  await sql.unsafe(`
    CREATE SCHEMA evil;
    GRANT USAGE ON SCHEMA evil TO PUBLIC;
    ${COUNTED.map((kind) => `CREATE SEQUENCE evil.${kind}_trapped; GRANT ALL ON SEQUENCE evil.${kind}_trapped TO PUBLIC;`).join('\n')}
    CREATE FUNCTION evil.trap(kind pg_catalog.text, unused pg_catalog.text DEFAULT NULL) RETURNS pg_catalog.bool LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
      IF current_user <> session_user THEN
        PERFORM nextval(format('evil.%s_trapped', kind)::regclass);
        IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
          PERFORM nextval('evil.superuser_trapped');
        END IF;
      END IF;
      RETURN true;
    END $$;
    -- Returns the statements that succeeded.
    CREATE FUNCTION evil.run_all(statements pg_catalog.text, is_kept pg_catalog.bool) RETURNS SETOF pg_catalog.text LANGUAGE plpgsql AS $$
    DECLARE
      statement pg_catalog.text;
      is_done pg_catalog.bool;
    BEGIN
      FOREACH statement IN ARRAY pg_catalog.string_to_array(statements, '\n;;\n') LOOP
        is_done := false;
        BEGIN
          EXECUTE statement;
          is_done := true;
          IF NOT is_kept THEN
            RAISE EXCEPTION 'undo';
          END IF;
        EXCEPTION
          WHEN OTHERS THEN NULL;
        END;
        IF is_done THEN
          RETURN NEXT statement;
        END IF;
      END LOOP;
    END $$;
  `);
  for (const kind of SHADOW_KINDS) {
    await sql.unsafe(`CREATE SCHEMA evil_${kind}; GRANT USAGE ON SCHEMA evil_${kind} TO PUBLIC`);
    const statements = await shadowStatements(sql, kind, `evil_${kind}`);
    const made = await runAll(sql, statements, true);
    if (made.length === 0) throw new Error(`No object of the kind "${kind}" could be created.`);
  }
}

/**
 * The search paths of the calls: the default, one with the role's own schemas first, and one with
 * PostgreSQL's schema last.
 */
const searchPaths = (kind: ShadowKind): readonly string[] => [
  '"$user", public',
  `pg_temp, evil_${kind}, public`,
  `evil_${kind}, pg_temp, pg_catalog, public`,
];

/**
 * Creates, as one role, the objects of one kind in pg_temp, and makes the calls. Everything is
 * rolled back at the end, also what `prepare` changed as the administrator.
 */
export async function attack(
  sql: Sql,
  role: string,
  kind: ShadowKind,
  calls: readonly string[],
  prepare: (transaction: Sql) => Promise<void>,
): Promise<AttackResult> {
  const before = await trapped(sql);
  const shadows = await shadowStatements(sql, kind, 'pg_temp');
  const completed = new Set<string>();
  let made = 0;
  const undone = new Error('undone');
  await sql
    .begin(async (begun) => {
      const transaction = begun as unknown as Sql;
      await prepare(transaction);
      await transaction.unsafe(`SET LOCAL SESSION AUTHORIZATION ${role}`);
      made = (await runAll(transaction, shadows, true)).length;
      for (const path of searchPaths(kind)) {
        await transaction.unsafe(`SET LOCAL search_path = ${path}`);
        for (const call of await runAll(transaction, calls, false)) completed.add(calledFunction(call));
      }
      throw undone;
    })
    .catch((error: unknown) => {
      if (error !== undone) throw error;
    });
  const after = await trapped(sql);
  const counts = COUNTED.map((name) => [name, after[name] - before[name]] as const);
  return { escalations: Object.fromEntries(counts.filter(([, count]) => count > 0)), made, completed };
}

export const calledFunction = (call: string): string => /public\.(\w+)\(/.exec(call)?.[1] ?? '';

async function runAll(sql: Sql, statements: readonly string[], isKept: boolean): Promise<readonly string[]> {
  const done = await sql.unsafe<{ statement: string }[]>('SELECT statement FROM evil.run_all($1, $2) AS statement', [
    statements.join('\n;;\n'),
    isKept,
  ]);
  return done.map(({ statement }) => statement);
}

async function trapped(sql: Sql): Promise<Record<(typeof COUNTED)[number], number>> {
  const counts = COUNTED.map(
    (name) => `(SELECT CASE WHEN is_called THEN last_value ELSE 0 END::float8 FROM evil.${name}_trapped) AS ${name}`,
  );
  const [found] = await sql.unsafe(`SELECT ${counts.join(', ')}`);
  return found as unknown as Record<(typeof COUNTED)[number], number>;
}
