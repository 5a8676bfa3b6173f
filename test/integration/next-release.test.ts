import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROLE_GRANTS } from '../../lambdas/composition/migrate.ts';
import { connect } from '../../lambdas/pool/database/database.ts';
import { migrate } from '../../lambdas/pool/migrate.ts';
import { createPairStore } from '../../lambdas/pool/pair-store.ts';
import type { PairStore } from '../../lambdas/tokenization/ports/pair-store.ts';
import { fillPool, newPair } from './fill-pool.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let pool: TestDatabase;
let store: PairStore;
/** A made-up next release: what this one has, and what a test adds. */
let release: string;

beforeEach(async () => {
  pool = await createTestDatabase();
  await migrate(pool.url, { grants: ROLE_GRANTS });
  store = createPairStore(pool.database, { holdSeconds: 10, retentionSeconds: 60, directCreationsPerSecond: 5 });
  release = await mkdtemp(join(tmpdir(), 'release-'));
  for (const part of ['migrations', 'functions', 'removed-functions.sql']) {
    await cp(join('lambdas/pool', part), join(release, part), { recursive: true });
  }
  await mkdir(join(release, 'indexes'));
});

afterEach(async () => {
  await rm(release, { recursive: true, force: true });
  await pool.drop();
});

const write = (file: string, text: string): Promise<void> => writeFile(join(release, file), text);
const deploy = (grants = ROLE_GRANTS, options = {}) => migrate(pool.url, { directory: release, grants, ...options });
const goBack = () => migrate(pool.url, { grants: ROLE_GRANTS });

const alsoExecuting = (role: string, name: string) =>
  ROLE_GRANTS.map((grant) => (grant.role === role ? { ...grant, execute: [...grant.execute, name] } : grant));

const mayExecute = async (role: string, signature: string): Promise<boolean> => {
  const [found] = await pool.sql<
    { may: boolean }[]
  >`SELECT has_function_privilege(${role}, ${signature}, 'EXECUTE') AS may`;
  return found?.may === true;
};

const functionsNamed = async (name: string): Promise<number> =>
  (await pool.sql`SELECT 1 FROM pg_proc WHERE proname = ${name} AND pronamespace = 'public'::regnamespace`).length;

/** One creation and one read, as the code of this release makes them. */
async function createAndRead(): Promise<void> {
  const outcome = await store.reserve(randomUUID(), null);
  if (outcome.outcome !== 'reserved') throw new Error(`Expected a reservation, not ${outcome.outcome}.`);
  const found = await store.findByInternalToken(outcome.reservation.internalToken);
  if (found?.cardReference !== outcome.reservation.cardReference) throw new Error('Another pair was found.');
  await store.markUsed(outcome.reservation, null);
}

describe('a change of a table', () => {
  test('that waits for an open reader lets requests through, and is made when the reader has ended', async () => {
    await fillPool(pool.database, 40);
    await write('migrations/900.do.later.sql', 'ALTER TABLE pair ADD COLUMN later text;');
    const reader = connect(pool.url, { maxConnections: 1, prepare: false });
    let isDeployed = false;
    const ended = Promise.withResolvers<void>();
    const reading = Promise.withResolvers<void>();
    const read = reader.begin(async (transaction) => {
      await transaction`SELECT count(*) FROM pair`;
      reading.resolve();
      await ended.promise;
    });
    await reading.promise;
    const deployed = deploy(ROLE_GRANTS, { lockTimeoutMs: 100, retryMs: 10, attempts: 10_000 }).then((result) => {
      isDeployed = true;
      return result;
    });
    const waiting = async () =>
      (await pool.sql`SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'pair'::regclass`).length > 0;
    while (!(await waiting())) await sleep(5);
    // Each needs the table that the migration waits for. Behind a migration that goes on waiting they would never end.
    for (let count = 0; count < 20; count += 1) await createAndRead();
    expect(isDeployed).toBe(false);
    ended.resolve();
    await read;
    expect(await deployed).toMatchObject({ applied: ['900.do.later.sql'], version: 900 });
    await createAndRead();
    await reader.end();
  });

  test('that never gets its lock ends with that error and leaves nothing behind', async () => {
    await write('migrations/900.do.later.sql', 'CREATE TABLE before (id int); ALTER TABLE pair ADD COLUMN later text;');
    const reader = connect(pool.url, { maxConnections: 1, prepare: false });
    await reader.begin(async (transaction) => {
      // A migration that goes on waiting would find the reader gone in the end, and succeed.
      await transaction`SET LOCAL idle_in_transaction_session_timeout = '60s'`;
      await transaction`SELECT count(*) FROM pair`;
      await expect(deploy(ROLE_GRANTS, { lockTimeoutMs: 20, retryMs: 1, attempts: 3 })).rejects.toMatchObject({
        code: '55P03',
      });
    });
    await reader.end();
    expect(await pool.sql`SELECT to_regclass('public.before') AS made`).toEqual([{ made: null }]);
    expect(await goBack()).toMatchObject({ applied: [] });
  });

  test('that replaces a trigger’s function leaves it the search path of all others', async () => {
    await write(
      'migrations/900.do.later.sql',
      'CREATE OR REPLACE FUNCTION refuse_shelf_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;',
    );
    await deploy();
    expect(
      await pool.sql`SELECT to_json(proconfig) AS settings FROM pg_proc WHERE proname = 'refuse_shelf_change'`,
    ).toEqual([{ settings: ['search_path=pg_catalog, public, pg_temp'] }]);
  });
});

test('the next release and the way back go through under the load of old code, without an error or a wrong answer', async () => {
  await fillPool(pool.database, 2_000);
  await write('migrations/900.do.later.sql', 'ALTER TABLE pair ADD COLUMN later text; CREATE TABLE later (id bigint);');
  await write('indexes/pair_later.sql', 'CREATE INDEX CONCURRENTLY IF NOT EXISTS pair_later ON pair (later);');
  await write(
    'functions/refill/request-refill.sql',
    "CREATE OR REPLACE FUNCTION request_refill() RETURNS void LANGUAGE sql AS $$ SELECT 'later'::text WHERE false $$;",
  );
  await write(
    'functions/count-later.sql',
    'CREATE OR REPLACE FUNCTION count_later() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM later $$;',
  );
  await rm(join(release, 'functions/reservation/resolve-claim.sql'));
  const grants = alsoExecuting('lookup', 'count_later').map((grant) => ({
    ...grant,
    execute: grant.execute.filter((name) => name !== 'resolve_claim'),
  }));
  let isOver = false;
  let created = 0;
  const load = Array.from({ length: 4 }, async () => {
    while (!isOver && created < 1_900) {
      created += 1;
      await createAndRead();
      await store.requestRefill();
    }
  });
  const there = await deploy(grants);
  expect(there).toMatchObject({
    applied: ['900.do.later.sql'],
    indexesBuilt: ['pair_later'],
    functionsInstalled: true,
  });
  expect(there.strayFunctions).toEqual(['resolve_claim(bytea,text,boolean)']);
  expect(await mayExecute('lookup', 'count_later()')).toBe(true);
  const back = await goBack();
  expect(back).toMatchObject({
    applied: [],
    version: 900,
    functionsInstalled: true,
    strayFunctions: ['count_later()'],
  });
  expect(await mayExecute('lookup', 'count_later()')).toBe(false);
  const thereAgain = await deploy(grants);
  expect(thereAgain).toMatchObject({ applied: [], indexesBuilt: [], functionsInstalled: true });
  isOver = true;
  await Promise.all(load);
  expect(created).toBeGreaterThan(0);
  const [counted] = await pool.sql<{ used: bigint; events: bigint }[]>`
    SELECT (SELECT count(*) FROM pair_life WHERE state = 'USED') AS used, (SELECT count(*) FROM outbox_event) AS events
  `;
  expect(counted).toEqual({ used: BigInt(created), events: BigInt(created) });
});

describe('an index', () => {
  test('is built once, and built again after a build that failed', async () => {
    for (const { internalToken, cardReference } of [newPair(), newPair()]) {
      await pool.sql`INSERT INTO pair (internal_token, card_reference) VALUES (${internalToken}, ${cardReference})`;
    }
    await write(
      'indexes/pair_state.sql',
      'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS pair_state ON pair (origin);',
    );
    await expect(deploy()).rejects.toMatchObject({ code: '23505' });
    const isValid = () =>
      pool.sql`SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass('pair_state')`;
    expect(await isValid()).toEqual([{ valid: false }]);
    await write('indexes/pair_state.sql', 'CREATE INDEX CONCURRENTLY IF NOT EXISTS pair_state ON pair (origin);');
    expect(await deploy()).toMatchObject({ indexesBuilt: ['pair_state'] });
    expect(await isValid()).toEqual([{ valid: true }]);
    expect(await deploy()).toMatchObject({ indexesBuilt: [] });
  });
});

describe('a function', () => {
  test('that is new can be executed by the roles that the table of rights names, and by no other', async () => {
    await write(
      'functions/later.sql',
      'CREATE OR REPLACE FUNCTION later() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;',
    );
    await deploy(alsoExecuting('lookup', 'later'));
    expect(await mayExecute('lookup', 'later()')).toBe(true);
    expect(await mayExecute('detokenize', 'later()')).toBe(false);
    expect(await mayExecute('public', 'later()')).toBe(false);
  });

  test('that is removed stays without rights and is named, until the list of removed functions drops it', async () => {
    await write(
      'functions/later.sql',
      'CREATE OR REPLACE FUNCTION later() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;',
    );
    await deploy(alsoExecuting('lookup', 'later'));
    await rm(join(release, 'functions/later.sql'));
    expect(await deploy()).toMatchObject({ strayFunctions: ['later()'] });
    expect(await mayExecute('lookup', 'later()')).toBe(false);
    await write('removed-functions.sql', 'DROP FUNCTION IF EXISTS later();\n');
    expect(await deploy()).toMatchObject({ functionsInstalled: true, strayFunctions: [] });
    expect(await functionsNamed('later')).toBe(0);
  });

  test('whose result columns change under the same name stops the migration, and nothing of it stays', async () => {
    await write('migrations/900.do.later.sql', 'CREATE TABLE later (id bigint);');
    await write(
      'functions/refill/staged-pairs.sql',
      'CREATE OR REPLACE FUNCTION staged_pairs(p_limit int) RETURNS TABLE (pair_id bigint) LANGUAGE sql AS $$ SELECT 1::bigint $$;',
    );
    await expect(deploy()).rejects.toMatchObject({ code: '42P13' });
    expect(await pool.sql`SELECT to_regclass('public.later') AS made`).toEqual([{ made: null }]);
  });

  test('whose arguments change under the same name is a second one: the grant by name, and a call that fits both, find no single function', async () => {
    await write(
      'functions/refill/take-refill-request.sql',
      'CREATE OR REPLACE FUNCTION take_refill_request(p_limit int DEFAULT 1) RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;',
    );
    // The old one keeps its grant, so the migration goes through.
    await deploy();
    expect(await functionsNamed('take_refill_request')).toBe(2);
    await expect(pool.sql`SELECT take_refill_request()`).rejects.toMatchObject({ code: '42725' });
    await expect(deploy(alsoExecuting('lookup', 'take_refill_request'))).rejects.toMatchObject({ code: '42725' });
  });
});
