import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPairStore } from '../../lambdas/pool/pair-store.ts';
import { fillPool, newPair } from './fill-pool.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
});

afterEach(() => db.drop());

type State = 'STAGED' | 'AVAILABLE' | 'RESERVED' | 'USED' | 'QUARANTINED';

/** One pair brought to a state by the product's own statements. */
async function pairIn(state: State): Promise<bigint> {
  const store = createPairStore(db.database, {
    holdSeconds: 1,
    retentionSeconds: 60,
    directCreationsPerSecond: 1,
    random: Math.random,
  });
  if (state === 'STAGED') {
    const { internalToken, cardReference } = newPair();
    const [row] = await db.sql<{ id: bigint }[]>`
      INSERT INTO pair (internal_token, card_reference) VALUES (${internalToken}, ${cardReference}) RETURNING id
    `;
    return row?.id as bigint;
  }
  await fillPool(db.database, 1);
  const [row] = await db.sql<{ id: bigint }[]>`SELECT id FROM pair`;
  if (state !== 'AVAILABLE') {
    const reserved = await store.reserve(randomUUID(), null);
    if (reserved.outcome !== 'reserved') throw new Error('There is a pair to reserve.');
    if (state === 'USED') await store.markUsed(reserved.reservation);
    if (state === 'QUARANTINED') await store.quarantineReservation(reserved.reservation, 'conflict');
  }
  return row?.id as bigint;
}

/** Every state by every assignment that an honest statement would make for it, so that only the edge itself can be at fault. */
const ASSIGNMENTS: Readonly<Record<State, string>> = {
  STAGED: `state = 'STAGED'`,
  AVAILABLE: `state = 'AVAILABLE', available_at = now(), reservation_id = NULL, settled_by = reservation_id, reason = 'not-dispatched'`,
  RESERVED: `state = 'RESERVED', reservation_id = '${randomUUID()}', reserved_at = now()`,
  USED: `state = 'USED', used_at = now(), settled_by = reservation_id, adopted_at = now()`,
  QUARANTINED: `state = 'QUARANTINED', reason = 'conflict', quarantined_at = now()`,
};

const LEGAL: readonly (readonly [State, State])[] = [
  ['STAGED', 'AVAILABLE'],
  ['STAGED', 'QUARANTINED'],
  ['AVAILABLE', 'RESERVED'],
  ['AVAILABLE', 'QUARANTINED'],
  ['RESERVED', 'USED'],
  ['RESERVED', 'AVAILABLE'],
  ['RESERVED', 'QUARANTINED'],
  ['QUARANTINED', 'USED'],
];

const STATES = Object.keys(ASSIGNMENTS) as State[];
const isLegal = (from: State, to: State): boolean => LEGAL.some(([a, b]) => a === from && b === to);

for (const from of STATES) {
  for (const to of STATES) {
    test(`${from} to ${to} is ${isLegal(from, to) ? 'allowed' : 'refused'} for whoever holds the connection`, async () => {
      const id = await pairIn(from);
      const attempt = db.sql.unsafe(`UPDATE pair SET ${ASSIGNMENTS[to]} WHERE id = ${id}`);
      if (isLegal(from, to)) await attempt;
      else await expect(attempt).rejects.toMatchObject({ code: '23514' });
    });
  }
}

test.each([
  [
    'to AVAILABLE by another reservation',
    `state = 'AVAILABLE', reservation_id = NULL, settled_by = '${randomUUID()}', reason = 'not-dispatched'`,
  ],
  ['to AVAILABLE without saying why', `state = 'AVAILABLE', reservation_id = NULL, settled_by = reservation_id`],
  ['to AVAILABLE as a timer would', `state = 'AVAILABLE'`],
  ['to USED by another reservation', `state = 'USED', used_at = now(), settled_by = '${randomUUID()}'`],
  ['to USED without proof', `state = 'USED', used_at = now()`],
  ['to another reservation', `reservation_id = '${randomUUID()}'`],
  ['to QUARANTINED without a reason', `state = 'QUARANTINED', quarantined_at = now()`],
])('a reserved pair cannot go %s', async (_name, assignment) => {
  const id = await pairIn('RESERVED');
  await expect(db.sql.unsafe(`UPDATE pair SET ${assignment} WHERE id = ${id}`)).rejects.toMatchObject({
    code: '23514',
  });
});

test.each(['internal_token', 'card_reference'])('the %s of a pair never changes', async (column) => {
  const id = await pairIn('AVAILABLE');
  const value = column === 'internal_token' ? newPair().internalToken : newPair().cardReference;
  await expect(db.sql`UPDATE pair SET ${db.sql(column)} = ${value} WHERE id = ${id}`).rejects.toMatchObject({
    code: '23514',
  });
});

test('neither token can stand in two pairs, nor a reference be its own internal token', async () => {
  const pair = newPair();
  const insert = (internalToken: string, cardReference: string) =>
    db.sql`INSERT INTO pair (internal_token, card_reference) VALUES (${internalToken}, ${cardReference})`;
  await insert(pair.internalToken, pair.cardReference);
  await expect(insert(pair.internalToken, newPair().cardReference)).rejects.toMatchObject({ code: '23505' });
  await expect(insert(newPair().internalToken, pair.cardReference)).rejects.toMatchObject({ code: '23505' });
  await expect(insert(pair.cardReference, pair.cardReference)).rejects.toMatchObject({ code: '23514' });
});

test('a pair enters staged, or used when TOME bound it outside the pool, and never otherwise', async () => {
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
    ['AVAILABLE', 'prefetch'],
    ['RESERVED', 'prefetch'],
    ['QUARANTINED', 'prefetch'],
    ['USED', 'prefetch'],
    ['STAGED', 'direct'],
  ] as const) {
    await expect(insert(state, origin)).rejects.toMatchObject({ code: '23514' });
  }
});

test('no pair is ever deleted', async () => {
  await pairIn('AVAILABLE');
  await expect(db.sql`DELETE FROM pair`).rejects.toMatchObject({ code: '23514' });
  await expect(db.sql`TRUNCATE pair`).rejects.toMatchObject({ code: '23514' });
});
