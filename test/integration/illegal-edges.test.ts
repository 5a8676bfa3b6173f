import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { databaseRoleOf, databaseRoles } from '../../lambdas/database-roles.ts';
import type { FunctionName } from '../../lambdas/functions.ts';
import type { Sql } from '../../lambdas/pool/database/database.ts';
import { createPairStore } from '../../lambdas/pool/pair-store.ts';
import { fillPool, newPair } from './fill-pool.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
});

afterEach(() => db.drop());

type State = 'STAGED' | 'POOLED' | 'QUARANTINED' | 'USED';

/** A pair that the product's own functions have brought into the state. */
async function pairIn(state: State): Promise<bigint> {
  const store = createPairStore(db.database, { holdSeconds: 1, retentionSeconds: 3_600, directCreationsPerSecond: 1 });
  if (state === 'STAGED') {
    const { internalToken, cardReference } = newPair();
    const [row] = await db.sql<{ id: bigint }[]>`
      INSERT INTO pair (internal_token, card_reference) VALUES (${internalToken}, ${cardReference}) RETURNING id
    `;
    return row?.id as bigint;
  }
  await fillPool(db.database, 1);
  const [row] = await db.sql<{ id: bigint }[]>`SELECT id FROM pair`;
  if (state !== 'POOLED') {
    const reserved = await store.reserve(randomUUID(), null);
    if (reserved.outcome !== 'reserved') throw new Error('There is a pair to reserve.');
    if (state === 'USED') {
      await store.markUsed(reserved.reservation, null);
      await db.sql`SELECT close_events(ARRAY[${reserved.reservation.pairId}::bigint])`;
    } else await store.quarantineReservation(reserved.reservation, 'conflict');
  }
  return row?.id as bigint;
}

/** A POOLED pair is in another table, and must leave it before its state changes. */
const LEGAL: readonly (readonly [State, State])[] = [
  ['STAGED', 'POOLED'],
  ['STAGED', 'QUARANTINED'],
  ['QUARANTINED', 'USED'],
];

const STATES: readonly State[] = ['STAGED', 'POOLED', 'QUARANTINED', 'USED'];
const isLegal = (from: State, to: State): boolean => LEGAL.some(([a, b]) => a === from && b === to);

for (const from of STATES) {
  for (const to of STATES) {
    test(`the owner of the table ${isLegal(from, to) ? 'can' : 'cannot'} change a pair from ${from} to ${to}`, async () => {
      const id = await pairIn(from);
      const attempt = db.sql.unsafe(`UPDATE pair SET state = '${to}' WHERE id = ${id}`);
      if (isLegal(from, to)) await attempt;
      else await expect(attempt).rejects.toMatchObject({ code: '23514' });
    });
  }
}

/** Executes statements with the rights of one function. */
const as = <Result>(name: FunctionName, work: (sql: Sql) => Promise<Result>): Promise<Result> =>
  db.sql.begin(async (transaction) => {
    await transaction.unsafe(`SET LOCAL ROLE ${databaseRoleOf(name)}`);
    return work(transaction as unknown as Sql);
  }) as Promise<Result>;

const DENIED = { code: '42501' };

test.each(databaseRoles())(
  'the role $role may execute its own functions and nothing else',
  async ({ functionName: name, execute }) => {
    const functions = await db.sql<{ signature: string; name: string }[]>`
    SELECT oid::regprocedure::text AS signature, proname AS name
    FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND prokind = 'f' AND prorettype <> 'trigger'::regtype
  `;
    const allowed = await as(
      name,
      async (sql) =>
        sql<{ name: string }[]>`
        SELECT proname AS name FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND prorettype <> 'trigger'::regtype
          AND has_function_privilege(oid, 'EXECUTE')
      `,
    );
    expect(functions.length).toBeGreaterThan(30);
    expect(allowed.map((row) => row.name).sort()).toEqual([...execute].sort());
    for (const statement of [
      'SELECT 1 FROM pair',
      "UPDATE pair SET state = 'USED'",
      'DELETE FROM reservation',
      "SELECT nextval('pool_ticket')",
    ]) {
      await expect(as(name, (sql) => sql.unsafe(statement))).rejects.toMatchObject(DENIED);
    }
  },
);

test('create-card can reserve and use its pair, and releases it only for one of the known reasons', async () => {
  await fillPool(db.database, 2);
  const [first, second] = [randomUUID(), randomUUID()];
  const reserve = async (id: string) => {
    const [pair] = await as('create-card', (sql) => sql<{ pair_id: bigint }[]>`SELECT pair_id FROM reserve(${id})`);
    return pair?.pair_id as bigint;
  };
  const used = await reserve(first);
  const kept = await reserve(second);
  await expect(as('create-card', (sql) => sql`SELECT make_available(ARRAY[${kept}::bigint])`)).rejects.toMatchObject(
    DENIED,
  );
  await expect(
    as('create-card', (sql) => sql`SELECT release(${second}, ${kept}, 'another reason', NULL)`),
  ).rejects.toMatchObject({ code: '23514' });
  const [other] = await as('create-card', (sql) => sql`SELECT mark_used(${first}, ${kept}) AS marked`);
  const [owner] = await as('create-card', (sql) => sql`SELECT mark_used(${first}, ${used}) AS marked`);
  expect([other?.['marked'], owner?.['marked']]).toEqual([false, true]);
});

test.each(['internal_token', 'card_reference'])('no statement changes the %s of a pair', async (column) => {
  const id = await pairIn('POOLED');
  const value = column === 'internal_token' ? newPair().internalToken : newPair().cardReference;
  await expect(db.sql`UPDATE pair SET ${db.sql(column)} = ${value} WHERE id = ${id}`).rejects.toMatchObject({
    code: '23514',
  });
});

test('only release makes a reserved pair available, also for the owner of the table', async () => {
  await fillPool(db.database, 1);
  const id = randomUUID();
  const [pair] = await db.sql<{ pair_id: bigint }[]>`SELECT pair_id FROM reserve(${id})`;
  const pairId = pair?.pair_id as bigint;
  await db.sql`DELETE FROM reservation`;
  const made = db.sql`SELECT make_available(ARRAY[${pairId}::bigint])`;
  await expect(made).rejects.toMatchObject({ code: '23514', constraint_name: 'only_free_pairs_are_offered' });
  await db.sql`INSERT INTO reservation (id, pair_id) VALUES (${id}, ${pairId})`;
  expect(await db.sql`SELECT release(${id}, ${pairId}, 'not-dispatched', NULL) AS released`).toEqual([
    { released: true },
  ]);
});

test('a row of available_pair or reservation has the tokens of its pair, and never belongs to another pair', async () => {
  await fillPool(db.database, 2);
  await db.sql`SELECT reserve(${randomUUID()})`;
  const refused = { code: '23514' };
  for (const change of [
    "UPDATE available_pair SET internal_token = 'another'",
    "UPDATE available_pair SET card_reference = '9000000000000000'",
    'UPDATE available_pair SET pair_id = 999',
    "UPDATE available_pair SET expires_at = now() + interval '1 day'",
    'UPDATE reservation SET pair_id = 999',
    'UPDATE reservation SET id = gen_random_uuid()',
  ]) {
    await expect(db.sql.unsafe(change)).rejects.toMatchObject(refused);
  }
  const swapped = db.sql.begin(async (transaction) => {
    await transaction`UPDATE pair SET released_at = now() WHERE id = (SELECT pair_id FROM available_pair)`;
    await transaction`
      WITH gone AS (DELETE FROM available_pair RETURNING *)
      INSERT INTO available_pair (ticket, pair_id, internal_token, card_reference)
      SELECT ticket + 100, pair_id, 'another', card_reference FROM gone
    `;
  });
  await expect(swapped).rejects.toMatchObject(refused);
});

test('no token can be in two pairs, and no text can be both tokens of a pair', async () => {
  const pair = newPair();
  const insert = (internalToken: string, cardReference: string) =>
    db.sql`INSERT INTO pair (internal_token, card_reference) VALUES (${internalToken}, ${cardReference})`;
  await insert(pair.internalToken, pair.cardReference);
  await expect(insert(pair.internalToken, newPair().cardReference)).rejects.toMatchObject({ code: '23505' });
  await expect(insert(newPair().internalToken, pair.cardReference)).rejects.toMatchObject({ code: '23505' });
  await expect(insert(pair.cardReference, pair.cardReference)).rejects.toMatchObject({ code: '23514' });
});

test('a POOLED pair changes its state only without a row in the other tables, and to USED only with a reservation id', async () => {
  const id = await pairIn('POOLED');
  const leave = (change: string) => db.sql.unsafe(`UPDATE pair SET ${change} WHERE id = ${id}`);
  const refused = { code: '23514', constraint_name: 'pair_leaves_pool_off_every_shelf' };
  const used = "state = 'USED', reservation_id = gen_random_uuid()";
  await expect(leave(used)).rejects.toMatchObject(refused);
  await expect(leave("state = 'QUARANTINED'")).rejects.toMatchObject(refused);
  await db.sql`SELECT reserve(${randomUUID()})`;
  await expect(leave(used)).rejects.toMatchObject(refused);
  await expect(leave("state = 'QUARANTINED'")).rejects.toMatchObject(refused);
  await db.sql`DELETE FROM reservation`;
  await expect(leave("state = 'USED'")).rejects.toMatchObject(refused);
  await leave(used);
});

test('a pair is inserted as STAGED by prefetch, or as USED by the direct path or a read, and in no other way', async () => {
  const insert = (state: string, origin: string) => {
    const { internalToken, cardReference } = newPair();
    return db.sql`
      INSERT INTO pair (internal_token, card_reference, state, origin, used_at)
      VALUES (${internalToken}, ${cardReference}, ${state}, ${origin}, now())
    `;
  };
  await insert('USED', 'direct');
  await insert('USED', 'repair');
  for (const [state, origin] of [
    ['POOLED', 'prefetch'],
    ['QUARANTINED', 'prefetch'],
    ['USED', 'prefetch'],
    ['STAGED', 'direct'],
  ] as const) {
    await expect(insert(state, origin)).rejects.toMatchObject({ code: '23514' });
  }
});

test('a used pair cannot be quarantined, and its event cannot be deleted, before the relay updates the pair', async () => {
  await fillPool(db.database, 1);
  const store = createPairStore(db.database, { holdSeconds: 1, retentionSeconds: 3_600, directCreationsPerSecond: 1 });
  const reserved = await store.reserve(randomUUID(), null);
  if (reserved.outcome !== 'reserved') throw new Error('There is a pair to reserve.');
  await store.markUsed(reserved.reservation, null);
  await expect(db.sql`UPDATE pair SET state = 'QUARANTINED'`).rejects.toMatchObject({ code: '23514' });
  await expect(db.sql`DELETE FROM outbox_event`).rejects.toMatchObject({ code: '23514' });
  await db.sql`SELECT close_events(ARRAY[${reserved.reservation.pairId}::bigint])`;
  expect(await db.sql`SELECT state FROM pair`).toEqual([{ state: 'USED' }]);
});

test('no statement deletes a pair', async () => {
  await pairIn('POOLED');
  await expect(db.sql`DELETE FROM pair`).rejects.toMatchObject({ code: '23514' });
  await expect(db.sql`TRUNCATE pair`).rejects.toMatchObject({ code: '23514' });
});
