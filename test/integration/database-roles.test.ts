import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrate } from '../../lambdas/pool/migrate.ts';
import { ROLE_GRANTS } from '../../lambdas/runtime/compose-migration.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let pool: TestDatabase;

beforeEach(async () => {
  pool = await createTestDatabase();
});

afterEach(() => pool.drop());

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

/** Runs one statement as a function's role would, and says by which code it was refused. */
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

test.each(ROLES)('the role %s may execute its functions and no other', async (role, execute) => {
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
  'the role %s is a plain one: it owns nothing, belongs to nobody and can make nothing',
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

test('the server refuses a role what is not its own, and lets it do what is', async () => {
  expect(await refusalOf('detokenize', 'SELECT * FROM pair')).toBe(INSUFFICIENT_PRIVILEGE);
  expect(await refusalOf('create_card', 'UPDATE pair SET used_at = now()')).toBe(INSUFFICIENT_PRIVILEGE);
  expect(await refusalOf('create_card', 'CREATE TABLE public.mine (id int)')).toBe(INSUFFICIENT_PRIVILEGE);
  expect(await refusalOf('lookup', "SELECT * FROM find_by_reference('0')")).toBe(INSUFFICIENT_PRIVILEGE);
  expect(await refusalOf('detokenize', "SELECT * FROM find_by_reference('0')")).toBeUndefined();
});

test('every function runs with the rights of its owner and looks for tables nowhere but in its own schema', async () => {
  const functions = await pool.sql<{ name: string; isDefiner: boolean; path: string | null }[]>`
    SELECT proname AS name, prosecdef AS "isDefiner", array_to_string(proconfig, ';') AS path FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prokind = 'f' AND prorettype <> 'trigger'::regtype
  `;
  expect(functions.length).toBeGreaterThan(20);
  expect(
    functions
      .filter(({ isDefiner, path }) => !isDefiner || path !== 'search_path=public, pg_temp')
      .map(({ name }) => name),
  ).toEqual([]);
});

test('a right that is taken out of the table of rights is taken from the role by the next migration', async () => {
  const less = ROLE_GRANTS.map((grant) =>
    grant.role === 'lookup' ? { ...grant, execute: ['find_by_internal_token'] } : grant,
  );
  await migrate(pool.url, { grants: less });
  expect(await executableBy('lookup')).toEqual(['find_by_internal_token']);
  await migrate(pool.url, { grants: ROLE_GRANTS });
  expect(await executableBy('lookup')).toContain('adopt');
});
