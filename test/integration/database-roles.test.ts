import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROLE_GRANTS } from '../../lambdas/composition/migrate.ts';
import { migrate } from '../../lambdas/pool/migrate.ts';
import { fillPool } from './fill-pool.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let pool: TestDatabase;

beforeEach(async () => {
  pool = await createTestDatabase();
});

afterEach(() => pool.drop());

const HOT_PATH = ['reserve', 'mark_used'];
const INSUFFICIENT_PRIVILEGE = '42501';
const ROLES = ROLE_GRANTS.map(({ role, execute }) => [role, execute] as const);

async function executableBy(role: string): Promise<readonly string[]> {
  const rows = await pool.sql<{ name: string }[]>`
    SELECT proname AS name FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prorettype <> 'trigger'::regtype
      AND has_function_privilege(${role}, oid, 'EXECUTE')
    ORDER BY proname
  `;
  return rows.map(({ name }) => name);
}

/** Executes one statement as the role, and returns the SQLSTATE of its refusal. */
async function refusalOf(role: string, statement: string): Promise<string | undefined> {
  try {
    await pool.sql.begin(async (transaction) => {
      await transaction.unsafe(`SET LOCAL SESSION AUTHORIZATION ${role}`);
      await transaction.unsafe(statement);
    });
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

test.each(ROLES)('the role %s can execute its functions and no others', async (role, execute) => {
  expect(await executableBy(role)).toEqual([...execute].sort());
});

test.each(ROLES)('the role %s has no right to any table, column, sequence or schema', async (role) => {
  const rights = await pool.sql<{ name: string }[]>`
    SELECT relname AS name FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND CASE
      WHEN relkind IN ('r', 'p', 'v', 'm', 'f') THEN
        has_table_privilege(${role}, oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER, MAINTAIN')
        OR has_any_column_privilege(${role}, oid, 'SELECT, INSERT, UPDATE, REFERENCES')
      WHEN relkind = 'S' THEN has_sequence_privilege(${role}, oid, 'USAGE, SELECT, UPDATE')
      ELSE false
    END
    UNION ALL SELECT nspname FROM pg_namespace WHERE has_schema_privilege(${role}, oid, 'CREATE')
  `;
  expect(rights.map(({ name }) => name)).toEqual([]);
});

test.each(ROLES)(
  'the role %s owns nothing, is a member of no role and cannot create roles or databases',
  async (role) => {
    const [found] = await pool.sql`
    SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolcanlogin,
      (SELECT count(*)::int FROM pg_class WHERE relowner = pg_roles.oid) AS owned,
      (SELECT count(*)::int FROM pg_auth_members WHERE member = pg_roles.oid) AS memberships
    FROM pg_roles WHERE rolname = ${role}
  `;
    expect(found).toEqual({
      rolsuper: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      rolbypassrls: false,
      rolcanlogin: true,
      owned: 0,
      memberships: 0,
    });
  },
);

test.each(ROLE_GRANTS)('a statement of the role $role ends after $statementSeconds seconds', async (grant) => {
  const [found] = await pool.sql<{ limits: string }[]>`
    SELECT array_to_string(rolconfig, ' ') AS limits FROM pg_roles WHERE rolname = ${grant.role}
  `;
  expect(found?.limits.split(' ').sort()).toEqual([
    'idle_in_transaction_session_timeout=5s',
    `statement_timeout=${grant.statementSeconds}s`,
  ]);
});

test('a role can execute its own functions, and cannot use tables or functions of others', async () => {
  expect(await refusalOf('detokenize', 'SELECT * FROM pair')).toBe(INSUFFICIENT_PRIVILEGE);
  expect(await refusalOf('create_card', 'UPDATE pair SET used_at = now()')).toBe(INSUFFICIENT_PRIVILEGE);
  expect(await refusalOf('create_card', 'CREATE TABLE public.mine (id int)')).toBe(INSUFFICIENT_PRIVILEGE);
  expect(await refusalOf('lookup', "SELECT * FROM find_by_reference('0')")).toBe(INSUFFICIENT_PRIVILEGE);
  expect(await refusalOf('detokenize', "SELECT * FROM find_by_reference('0')")).toBeUndefined();
});

test('reserve and mark_used use the pool’s tables under every search path of their caller', async () => {
  await fillPool(pool.database, 2);
  const [used, late] = [randomUUID(), randomUUID()];
  await pool.sql.begin(async (transaction) => {
    await transaction.unsafe('SET LOCAL SESSION AUTHORIZATION create_card');
    await transaction.unsafe(
      'CREATE TEMP TABLE available_pair (ticket bigint); CREATE TEMP TABLE reservation (id uuid)',
    );
    await transaction.unsafe('SET LOCAL search_path = pg_temp');
    for (const id of [used, late]) {
      const rows = await transaction.unsafe('SELECT pair_id FROM public.reserve($1)', [id]);
      expect(rows).toHaveLength(1);
    }
    const reserved = await transaction.unsafe('SELECT pair_id FROM public.find_reserved($1)', [used]);
    const [marked] = await transaction.unsafe('SELECT public.mark_used($1, $2) AS ours', [
      used,
      reserved[0]?.['pair_id'],
    ]);
    expect(marked?.['ours']).toBe(true);
  });
  await pool.sql`SELECT settle_reservations(-1, 10)`;
  const [held] = await pool.sql<{ pairId: bigint }[]>`SELECT id AS "pairId" FROM pair WHERE reservation_id = ${late}`;
  await pool.sql.begin(async (transaction) => {
    await transaction.unsafe('SET LOCAL SESSION AUTHORIZATION create_card');
    await transaction.unsafe('SET LOCAL search_path = pg_temp');
    const [marked] = await transaction.unsafe('SELECT public.mark_used($1, $2) AS ours', [late, String(held?.pairId)]);
    expect(marked?.['ours']).toBe(true);
  });
  const states = await pool.sql<{ state: string }[]>`SELECT state FROM pair_life`;
  expect(states.map(({ state }) => state)).toEqual(['USED', 'USED']);
});

test('the function of a trigger has the search path of all functions', async () => {
  const functions = await pool.sql<{ path: string | null }[]>`
    SELECT DISTINCT array_to_string(proconfig, ';') AS path FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype
  `;
  expect(functions).toEqual([{ path: 'search_path=pg_catalog, public, pg_temp' }]);
});

test('every function runs with the rights of its owner, and all but two have the fixed search path', async () => {
  const functions = await pool.sql<{ name: string; isDefiner: boolean; path: string | null }[]>`
    SELECT
      proname AS name,
      prosecdef AS "isDefiner",
      (SELECT setting FROM unnest(proconfig) AS setting WHERE setting LIKE 'search_path=%') AS path
    FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prokind = 'f' AND prorettype <> 'trigger'::regtype
  `;
  expect(functions.length).toBeGreaterThan(20);
  expect(
    functions
      .filter(
        ({ name, isDefiner, path }) =>
          !isDefiner || path !== (HOT_PATH.includes(name) ? null : 'search_path=pg_catalog, public, pg_temp'),
      )
      .map(({ name }) => name),
  ).toEqual([]);
});

test('a migration revokes a right that was removed from the table of rights', async () => {
  const less = ROLE_GRANTS.map((grant) =>
    grant.role === 'lookup' ? { ...grant, execute: ['find_by_internal_token'] } : grant,
  );
  await migrate(pool.url, { grants: less });
  expect(await executableBy('lookup')).toEqual(['find_by_internal_token']);
  await migrate(pool.url, { grants: ROLE_GRANTS });
  expect(await executableBy('lookup')).toContain('record_bound_pair');
});
