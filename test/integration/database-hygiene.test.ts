import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROLE_GRANTS } from '../../lambdas/composition/migrate.ts';
import { connect, type Sql } from '../../lambdas/pool/database/database.ts';
import { migrate } from '../../lambdas/pool/migrate.ts';
import { fillPool } from './fill-pool.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let pool: TestDatabase;

beforeAll(async () => {
  pool = await createTestDatabase();
  await migrate(pool.url, { grants: ROLE_GRANTS });
});

afterAll(() => pool.drop());

/** Executes one statement as the role, rolls it back, and returns the SQLSTATE of its refusal. */
async function refusalOf(role: string, statement: string): Promise<string | null> {
  const undone = new Error('undone');
  try {
    await pool.sql.begin(async (transaction) => {
      await transaction.unsafe(`SET LOCAL SESSION AUTHORIZATION ${role}`);
      await transaction.unsafe(statement);
      throw undone;
    });
  } catch (error) {
    return error === undone ? null : String((error as { code?: string }).code);
  }
  return null;
}

const REFUSED = [
  'CREATE TEMP TABLE mine (id int)',
  'CREATE TABLE public.mine (id int)',
  'CREATE SCHEMA mine',
  'DO $$ BEGIN PERFORM 1; END $$',
  'CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
  'SELECT lo_create(0)',
  'SELECT lo_creat(-1)',
  "SELECT lo_from_bytea(0, 'x')",
  "SELECT lo_put(1, 0, 'x')",
  "SELECT lowrite(0, 'x')",
  'SELECT lo_unlink(1)',
  'SELECT pg_advisory_lock(1)',
  'SELECT pg_advisory_xact_lock(7305118)',
  'SELECT pg_try_advisory_lock_shared(1, 2)',
  "SELECT pg_notify('channel', 'text')",
  'SELECT pg_terminate_backend(1)',
  "SELECT pg_logical_emit_message(false, 'a', 'b')",
  'LOCK TABLE public.migration_turn',
  'LOCK TABLE public.pair IN ACCESS SHARE MODE',
  "SELECT adopt('token_of_another_pair')",
];

describe.each(ROLE_GRANTS)('the role $role', ({ role, connectionShare }) => {
  test.each(REFUSED)('is denied: %s', async (statement) => {
    expect(await refusalOf(role, statement)).toBe('42501');
  });

  test('cannot sign in to a database other than the pool’s', async () => {
    const found = await pool.sql`
      SELECT datname FROM pg_database
      WHERE datname IN ('template0', 'template1', 'postgres') AND datallowconn AND has_database_privilege(${role}, oid, 'CONNECT')
    `;
    expect(found).toEqual([]);
  });

  test('can use its share of the server’s connections and no more', async () => {
    const [found] = await pool.sql<{ limit: number; most: number }[]>`
      SELECT rolconnlimit AS limit, current_setting('max_connections')::int AS most FROM pg_roles WHERE rolname = ${role}
    `;
    expect(found?.limit).toBe(Math.floor((found?.most ?? 0) * connectionShare));
    expect(found?.limit).toBeGreaterThan(2);
  });
});

test('each migration resets the settings that a role has changed for its later sessions', async () => {
  const role = 'relay_events';
  const settings = () => pool.sql<{ database: string; settings: string[] }[]>`
    SELECT setdatabase::text AS database, to_json(setconfig) AS settings FROM pg_db_role_setting WHERE setrole = ${role}::regrole
  `;
  const before = await settings();
  await pool.sql.begin(async (transaction) => {
    await transaction.unsafe(`SET LOCAL SESSION AUTHORIZATION ${role}`);
    await transaction.unsafe('ALTER ROLE CURRENT_USER SET statement_timeout = 0');
    await transaction.unsafe("ALTER ROLE CURRENT_USER SET search_path = 'elsewhere'");
    const [{ name } = { name: '' }] = await transaction.unsafe<{ name: string }[]>(
      'SELECT quote_ident(current_database()) AS name',
    );
    await transaction.unsafe(`ALTER ROLE CURRENT_USER IN DATABASE ${name} SET default_transaction_read_only = on`);
  });
  expect(await settings()).toHaveLength(2);
  expect(await migrate(pool.url, { grants: ROLE_GRANTS })).toMatchObject({ applied: [], functionsInstalled: false });
  expect(await settings()).toEqual(before);
});

test('a migration does not wait for a session that holds the advisory lock of earlier releases', async () => {
  const other = connect(pool.url, { maxConnections: 1, prepare: false });
  await other`SELECT pg_advisory_lock(7305118)`;
  let isOver = false;
  const migrated = migrate(pool.url, { grants: ROLE_GRANTS }).finally(() => {
    isOver = true;
  });
  let waiting = 0;
  while (!isOver && waiting === 0) {
    waiting = (await pool.sql`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`).length;
    await sleep(5);
  }
  await other.end();
  expect(waiting).toBe(0);
  expect(await migrated).toMatchObject({ applied: [] });
});

test('migrations of one database take turns', async () => {
  const fresh = await createTestDatabase();
  const results = await Promise.all([1, 2, 3].map(() => migrate(fresh.url, { grants: ROLE_GRANTS })));
  expect(results.map(({ openToPublic }) => openToPublic)).toEqual([[], [], []]);
  await fresh.drop();
});

const CARD_NUMBERS = [
  '4111111111111111',
  '5555555555554444',
  '2221000000000009',
  '2720990000000007',
  '378282246310005',
  '6011111111111117',
  '3530111333300000',
  '0000000000000000',
];
const TOKEN = 'a_token_of_the_right_form_1';
const CHECK_VIOLATION = { code: '23514' };
/** What record_bound_pair raises for an internal token without the profile's form. */
const WRONG_FORM = { code: 'FORMS' };

const EQUAL_TO_NO_OTHER = 'another_token_of_the_form_1';

describe('a card number in the wrong place', () => {
  const insert = (token: string, reference: string, state: string, origin: string) =>
    pool.sql`
      INSERT INTO pair (internal_token, card_reference, state, origin, used_at)
      VALUES (${token}, ${reference}, ${state}, ${origin}, now())
    `;

  test.each(CARD_NUMBERS)('is refused as an internal token, and as a reference of the pool: %s', async (number) => {
    const { sql } = pool;
    await expect(sql`SELECT record_bound_pair(${number}, '9100000000000001', 'direct')`).rejects.toMatchObject(
      WRONG_FORM,
    );
    await expect(insert(TOKEN, number, 'STAGED', 'prefetch')).rejects.toMatchObject(CHECK_VIOLATION);
    for (const [state, origin] of [
      ['USED', 'direct'],
      ['USED', 'repair'],
      ['STAGED', 'prefetch'],
    ] as const) {
      await expect(insert(number, '9100000000000001', state, origin)).rejects.toMatchObject(CHECK_VIOLATION);
    }
  });

  test.each(['378282246310005', '41111111111111112', '411111111111111a', ''])(
    'is refused as a reference of any pair when it has another form than 16 digits: %j',
    async (text) => {
      await expect(pool.sql`SELECT record_bound_pair(${TOKEN}, ${text}, 'repair')`).rejects.toMatchObject(
        CHECK_VIOLATION,
      );
      await expect(insert(TOKEN, text, 'USED', 'repair')).rejects.toMatchObject(CHECK_VIOLATION);
    },
  );

  test('is stored as a reference only for a pair that its caller says NS2 has bound', async () => {
    const { sql } = pool;
    const record = () => sql`SELECT record_bound_pair(${EQUAL_TO_NO_OTHER}, '4111111111111111', 'repair') AS stored`;
    expect(await record()).toEqual([{ stored: true }]);
    expect(await record()).toEqual([{ stored: true }]);
    expect(await sql`SELECT state, origin FROM pair WHERE card_reference = '4111111111111111'`).toEqual([
      { state: 'USED', origin: 'repair' },
    ]);
  });

  test.each(['', 'short', 'with a space in the middle', 'x'.repeat(65), 'umlaut_ä_in_the_middle'])(
    'an internal token of another form is refused: %j',
    async (token) => {
      await expect(pool.sql`SELECT record_bound_pair(${token}, '9100000000000001', 'direct')`).rejects.toMatchObject(
        WRONG_FORM,
      );
      await expect(
        pool.sql`INSERT INTO pair (internal_token, card_reference) VALUES (${token}, '9100000000000001')`,
      ).rejects.toMatchObject(CHECK_VIOLATION);
    },
  );

  test('is only counted by stage_pairs, which keeps other texts and stages the other tokens', async () => {
    const fresh = await createTestDatabase();
    await fillPool(fresh.database, 1);
    const [lease] = await fresh.sql<{ fencing: bigint }[]>`
      SELECT acquire_lease('prefetch', ${randomUUID()}, 60) AS fencing
    `;
    const fencing = lease?.fencing ?? 0n;
    const announcement = randomUUID();
    await fresh.sql`SELECT announce_prefetch(${announcement}, 'ns2', ${fencing}, 3)`;
    // Twice, as after a lost commit.
    for (const expected of [1, 0]) {
      const [staged] = await fresh.sql<{ staged: number }[]>`
        SELECT staged FROM stage_pairs(
          ${fencing}, ARRAY[${announcement}::uuid],
          ARRAY['token_number_one_of_three', 'token_number_two_of_three', 'token_number_three_of_3'],
          ARRAY[NULL, NULL, NULL]::timestamptz[], ARRAY['9860000000000001', '9100000000000001', '4111111111111111'],
          ARRAY[NULL, NULL, NULL]::timestamptz[], '{}', '{}', 0
        )
      `;
      expect(staged?.staged).toBe(expected);
    }
    const kept = await fresh.sql`
      SELECT namespace, token, rejected_because FROM unpaired_token ORDER BY namespace, token
    `;
    expect(kept.filter(({ namespace }) => namespace === 'ns2')).toEqual([
      { namespace: 'ns2', token: '9860000000000001', rejected_because: 'card-network-prefix' },
    ]);
    expect(kept).toHaveLength(3);
    expect(await fresh.sql`SELECT namespace, reason, tokens::int FROM forgotten_token`).toEqual([
      { namespace: 'ns2', reason: 'rejected', tokens: 1 },
    ]);
    await fresh.drop();
  });
});

test('an administrator can store references that start with 9 and that some version of the format allows', async () => {
  const store = (sql: Sql) => sql`
    INSERT INTO pair (internal_token, card_reference, state, origin, used_at)
    SELECT 'it_' || md5(place::text), prefix || lpad(place::text, 12, '0'), 'USED', 'direct', now()
    FROM unnest(ARRAY['9792', '9860', '9704', '9000', '9999']) WITH ORDINALITY AS given (prefix, place)
  `;
  expect(await store(pool.sql)).toMatchObject({ count: 5 });
});
