import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROLE_GRANTS } from '../../lambdas/composition/migrate.ts';
import { connect } from '../../lambdas/pool/database/database.ts';
import { migrate } from '../../lambdas/pool/migrate.ts';
import { createPairStore } from '../../lambdas/pool/pair-store.ts';
import type { PairStore } from '../../lambdas/tokenization/ports/pair-store.ts';
import { fillPool, newPair } from './fill-pool.ts';
import { copyRelease, type ReleaseCopy } from './release-copy.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let pool: TestDatabase;
let store: PairStore;
let release: ReleaseCopy;

beforeEach(async () => {
  pool = await createTestDatabase();
  await migrate(pool.url, { grants: ROLE_GRANTS });
  store = createPairStore(pool.database, { holdSeconds: 10, retentionSeconds: 60, directCreationsPerSecond: 5 });
  release = await copyRelease();
});

afterEach(async () => {
  await release.discard();
  await pool.drop();
});

const deploy = (grants = ROLE_GRANTS, options = {}) =>
  migrate(pool.url, { directory: release.directory, grants, ...options });
const rollBack = () => migrate(pool.url, { grants: ROLE_GRANTS });

const alsoExecuting = (role: string, name: string) =>
  ROLE_GRANTS.map((grant) => (grant.role === role ? { ...grant, execute: [...grant.execute, name] } : grant));

const mayExecute = async (role: string, signature: string): Promise<boolean> => {
  const [found] = await pool.sql<
    { may: boolean }[]
  >`SELECT has_function_privilege(${role}, ${signature}, 'EXECUTE') AS may`;
  return found?.may === true;
};

/** Makes one creation and one read, with the code of this release. */
async function createAndRead(): Promise<void> {
  const outcome = await store.reserve(randomUUID(), null);
  if (outcome.outcome !== 'reserved') throw new Error(`Expected a reservation, not ${outcome.outcome}.`);
  const found = await store.findByInternalToken(outcome.reservation.internalToken);
  if (found?.cardReference !== outcome.reservation.cardReference) throw new Error('Another pair was found.');
  await store.markUsed(outcome.reservation, null);
}

describe('a migration that changes a table', () => {
  test('lets requests continue while an open reader blocks it, and succeeds after the reader has ended', async () => {
    await fillPool(pool.database, 40);
    await release.write('migrations/900.do.later.sql', 'ALTER TABLE pair ADD COLUMN later text;');
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
    // Each needs the table that the migration waits for. If the migration kept waiting, they would
    // wait behind it without end.
    for (let count = 0; count < 20; count += 1) await createAndRead();
    expect(isDeployed).toBe(false);
    ended.resolve();
    await read;
    expect(await deployed).toMatchObject({ applied: ['900.do.later.sql'], version: 900 });
    await createAndRead();
    await reader.end();
  });

  test('fails with 55P03 and changes nothing when it never gets its lock', async () => {
    await release.write(
      'migrations/900.do.later.sql',
      'CREATE TABLE before (id int); ALTER TABLE pair ADD COLUMN later text;',
    );
    const reader = connect(pool.url, { maxConnections: 1, prepare: false });
    await reader.begin(async (transaction) => {
      // With the default, the server would end the reader, and a migration that keeps waiting would
      // succeed.
      await transaction`SET LOCAL idle_in_transaction_session_timeout = '60s'`;
      await transaction`SELECT count(*) FROM pair`;
      await expect(deploy(ROLE_GRANTS, { lockTimeoutMs: 20, retryMs: 1, attempts: 3 })).rejects.toMatchObject({
        code: '55P03',
      });
    });
    await reader.end();
    expect(await pool.sql`SELECT to_regclass('public.before') AS made`).toEqual([{ made: null }]);
    expect(await rollBack()).toMatchObject({ applied: [] });
  });

  test('gives the function of a trigger that it replaces the search path of all functions', async () => {
    await release.write(
      'migrations/900.do.later.sql',
      'CREATE OR REPLACE FUNCTION refuse_shelf_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;',
    );
    await deploy();
    expect(
      await pool.sql`SELECT to_json(proconfig) AS settings FROM pg_proc WHERE proname = 'refuse_shelf_change'`,
    ).toEqual([{ settings: ['search_path=pg_catalog, public, pg_temp'] }]);
  });
});

test('the next release and its rollback succeed under the load of old code, without an error or a wrong answer', async () => {
  await fillPool(pool.database, 2_000);
  await release.write(
    'migrations/900.do.later.sql',
    'ALTER TABLE pair ADD COLUMN later text; CREATE TABLE later (id bigint);',
  );
  await release.write('indexes/pair_later.sql', 'CREATE INDEX CONCURRENTLY IF NOT EXISTS pair_later ON pair (later);');
  await release.write(
    'functions/refill/request-refill.sql',
    "CREATE OR REPLACE FUNCTION request_refill() RETURNS void LANGUAGE sql AS $$ SELECT 'later'::text WHERE false $$;",
  );
  await release.write(
    'functions/count-later.sql',
    'CREATE OR REPLACE FUNCTION count_later() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM later $$;',
  );
  await release.remove('functions/reservation/resolve-claim.sql');
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
  const back = await rollBack();
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
  test('is built once, and is built again after a failed build', async () => {
    for (const { internalToken, cardReference } of [newPair(), newPair()]) {
      await pool.sql`INSERT INTO pair (internal_token, card_reference) VALUES (${internalToken}, ${cardReference})`;
    }
    await release.write(
      'indexes/pair_state.sql',
      'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS pair_state ON pair (origin);',
    );
    await expect(deploy()).rejects.toMatchObject({ code: '23505' });
    const isValid = () =>
      pool.sql`SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass('pair_state')`;
    expect(await isValid()).toEqual([{ valid: false }]);
    await release.write(
      'indexes/pair_state.sql',
      'CREATE INDEX CONCURRENTLY IF NOT EXISTS pair_state ON pair (origin);',
    );
    expect(await deploy()).toMatchObject({ indexesBuilt: ['pair_state'] });
    expect(await isValid()).toEqual([{ valid: true }]);
    expect(await deploy()).toMatchObject({ indexesBuilt: [] });
  });
});
