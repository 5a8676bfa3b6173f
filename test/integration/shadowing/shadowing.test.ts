import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROLE_GRANTS } from '../../../lambdas/composition/migrate.ts';
import type { Sql } from '../../../lambdas/pool/database/database.ts';
import { OWNER } from '../../../lambdas/pool/install/install-owner.ts';
import { migrate } from '../../../lambdas/pool/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../test-database.ts';
import { type AttackResult, attack, calledFunction, prepareTraps } from './attack.ts';
import { fillSituation, plausibleCalls } from './plausible-calls.ts';
import { SHADOW_KINDS } from './shadow-objects.ts';

let pool: TestDatabase;
let calls: string[];

beforeAll(async () => {
  pool = await createTestDatabase();
  await migrate(pool.url, { grants: ROLE_GRANTS });
  calls = await plausibleCalls(pool.sql, await fillSituation(pool));
  await prepareTraps(pool.sql);
});

afterAll(() => pool.drop());

const ROLES = ROLE_GRANTS.map(({ role }) => role);

/**
 * Grants again what the migration revokes, so that only the texts of the functions protect their
 * owner.
 */
async function allowTemporaryObjects(sql: Sql): Promise<void> {
  await sql.unsafe(`
    DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', current_database()); END $$;
    GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC;
  `);
}

async function ownByAdministrator(sql: Sql): Promise<void> {
  await sql.unsafe(`REASSIGN OWNED BY ${OWNER} TO CURRENT_USER`);
}

const asInstalled = async (): Promise<void> => undefined;

async function withFunctionsAlone(sql: Sql): Promise<void> {
  await allowTemporaryObjects(sql);
  await ownByAdministrator(sql);
}

/**
 * Creates a vulnerable function: without a search path, and with names without schemas. Its body is
 * not checked, because PostgreSQL would then compile it before the attack's objects exist.
 */
async function plantHole(sql: Sql): Promise<void> {
  await sql.unsafe(`
    SET LOCAL check_function_bodies = off;
    CREATE FUNCTION public.planted(p_pair_id bigint) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE
      opened_at timestamptz;
      chosen available_pair;
      id uuid;
    BEGIN
      opened_at := now();
      SELECT * INTO chosen FROM public.available_pair LIMIT 1;
      id := '00000000-0000-0000-0000-000000000000'::pg_catalog.uuid;
      PERFORM FROM pool_cursor;
      DELETE FROM quarantined_pair;
      INSERT INTO quarantined_pair (pair_id) VALUES (7000);
      RETURN p_pair_id = 5 AND (SELECT count(*) FROM public.pair) > 0;
    END $$;
  `);
}

async function attackByEveryKind(role: string, prepare: (sql: Sql) => Promise<void>): Promise<readonly AttackResult[]> {
  const execute = ROLE_GRANTS.find((grant) => grant.role === role)?.execute ?? [];
  // All calls of the functions that the role may execute, and one call of every other function.
  const seen = new Set<string>();
  const own = calls.filter((call) => {
    const name = calledFunction(call);
    const isFirst = !seen.has(name);
    seen.add(name);
    return isFirst || execute.includes(name);
  });
  const results: AttackResult[] = [];
  for (const kind of SHADOW_KINDS) results.push(await attack(pool.sql, role, kind, own, prepare));
  return results;
}

const escalationsOf = (results: readonly AttackResult[]) =>
  results.map(({ escalations }) => escalations).filter((found) => Object.keys(found).length > 0);

describe.each(ROLES)('the role %s', (role) => {
  test('cannot create an object that a function would use instead of its own', async () => {
    const results = await attackByEveryKind(role, asInstalled);
    expect(results.map(({ made }) => made)).toEqual(SHADOW_KINDS.map(() => 0));
    expect(escalationsOf(results)).toEqual([]);
  });

  test('gets no rights by such objects when it may create them and the administrator owns the functions', async () => {
    const results = await attackByEveryKind(role, withFunctionsAlone);
    expect(results.every(({ made }) => made > 0)).toBe(true);
    expect(escalationsOf(results)).toEqual([]);
  });
});

test('a role that may execute all functions gets no rights either, and each function can succeed beside each kind of object', async () => {
  const names = new Set(calls.map(calledFunction));
  expect(names.size).toBeGreaterThan(30);
  for (const kind of SHADOW_KINDS) {
    const result = await attack(pool.sql, 'lookup', kind, calls, async (sql) => {
      await withFunctionsAlone(sql);
      await sql`GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO lookup`;
    });
    expect([kind, result.escalations]).toEqual([kind, {}]);
    expect([kind, [...names].filter((name) => !result.completed.has(name))]).toEqual([kind, []]);
  }
});

describe.each(SHADOW_KINDS)('with a function that uses a caller’s %s', (kind) => {
  const attackHole = (prepare: (sql: Sql) => Promise<void>) =>
    attack(pool.sql, 'create_card', kind, ['SELECT public.planted(5)'], async (sql) => {
      await plantHole(sql);
      await prepare(sql);
    });

  test('a role gets the administrator’s rights without the other protections', async () => {
    const { escalations } = await attackHole(allowTemporaryObjects);
    expect(escalations[kind]).toBeGreaterThan(0);
    expect(escalations.superuser).toBeGreaterThan(0);
  });

  test('a role gets only the rights of pool_owner if that owns the function', async () => {
    const { escalations } = await attackHole(async (sql) => {
      await allowTemporaryObjects(sql);
      await sql.unsafe(`ALTER FUNCTION planted OWNER TO ${OWNER}`);
    });
    expect(escalations.superuser).toBeUndefined();
  });

  test('a role cannot create the object if it may not create temporary objects', async () => {
    const { made } = await attackHole(asInstalled);
    expect(made).toBe(0);
  });
});
