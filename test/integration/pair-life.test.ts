import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPairStore } from '../../lambdas/pool/pair-store.ts';
import { readPoolHealth } from '../../lambdas/pool/pool-health.ts';
import { settleReservations } from '../../lambdas/pool/pool-jobs.ts';
import { PAIR_STATES, type TokenPair } from '../../lambdas/tokenization/model/pair.ts';
import type { PairStore, Reservation, ReserveOutcome } from '../../lambdas/tokenization/ports/pair-store.ts';
import { stepDatabaseClock } from '../faults/harness/database-clock.ts';
import { fillPool, newPair } from './fill-pool.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

let db: TestDatabase;
let store: PairStore;

beforeEach(async () => {
  db = await createTestDatabase();
  store = createPairStore(db.database, {
    holdSeconds: 10,
    retentionSeconds: 3_600,
    directCreationsPerSecond: 5,
  });
});

afterEach(() => db.drop());

const reserve = (): Promise<ReserveOutcome> => store.reserve(randomUUID(), null);

async function reserveOne(): Promise<Reservation> {
  const outcome = await reserve();
  if (outcome.outcome !== 'reserved') throw new Error(`Expected a reservation, not ${outcome.outcome}.`);
  return outcome.reservation;
}

const stateOf = async ({ pairId }: Reservation): Promise<string> => {
  const [row] = await db.sql<{ state: string }[]>`SELECT state FROM pair_life WHERE pair_id = ${pairId}`;
  return row?.state ?? 'absent';
};

describe('reserving', () => {
  test('concurrent reservations get different pairs, and report an empty pool only when no pair is left', async () => {
    await fillPool(db.database, 200);
    const outcomes = await Promise.all(Array.from({ length: 300 }, reserve));
    const pairs = outcomes.flatMap((outcome) => (outcome.outcome === 'reserved' ? [outcome.reservation.pairId] : []));
    expect(pairs).toHaveLength(200);
    expect(new Set(pairs).size).toBe(200);
    expect(outcomes.filter((outcome) => outcome.outcome === 'no-pair')).toHaveLength(100);
  });

  test('a second execution with the same reservation id finds the pair of the first one', async () => {
    await fillPool(db.database, 5);
    const id = randomUUID();
    const [first, second] = await Promise.all([store.reserve(id, null), store.reserve(id, null)]);
    expect(second).toEqual(first);
    const health = await db.database.run(readPoolHealth);
    expect(health).toMatchObject({ available: 4, reserved: 1 });
  });

  test('a pair that another transaction has locked is not waited for, and is reserved after its rollback', async () => {
    await fillPool(db.database, 1);
    await db.sql.begin(async (transaction) => {
      await transaction`SELECT 1 FROM available_pair FOR UPDATE`;
      expect(await reserve()).toMatchObject({ outcome: 'no-pair' });
    });
    expect(await reserve()).toMatchObject({ outcome: 'reserved' });
  });

  test('an expired pair is never reserved', async () => {
    await fillPool(db.database, 3, new Date(Date.now() + 3_600_000));
    await stepDatabaseClock(db.sql, 7_200);
    expect(await db.sql`SELECT count(*)::int AS count FROM available_pair`).toEqual([{ count: 3 }]);
    expect(await reserve()).toEqual({ outcome: 'no-pair' });
  });

  test('a used pair, a reserved pair and an available pair cannot be made available', async () => {
    await fillPool(db.database, 3);
    const used = await reserveOne();
    await store.markUsed(used, null);
    const held = await reserveOne();
    const makeAvailable = (pairId: bigint) => db.sql`SELECT make_available(ARRAY[${pairId}::bigint])`;
    await expect(makeAvailable(used.pairId)).rejects.toMatchObject({ code: '23514' });
    await expect(makeAvailable(held.pairId)).rejects.toMatchObject({ code: '23514' });
    const [free] = await db.sql<{ pair_id: bigint }[]>`SELECT pair_id FROM available_pair`;
    await expect(makeAvailable(free?.pair_id as bigint)).rejects.toMatchObject({ code: '23505' });
    await reserveOne();
    expect(await reserve()).toEqual({ outcome: 'no-pair' });
  });

  test('a search finds the pairs whose reservations were rolled back', async () => {
    await fillPool(db.database, 20);
    const rolledBack = db.sql.begin(async (transaction) => {
      for (let count = 0; count < 8; count += 1) await transaction`SELECT * FROM reserve(${randomUUID()})`;
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
    const pairs = await Promise.all(Array.from({ length: 20 }, reserveOne));
    expect(new Set(pairs.map(({ pairId }) => pairId)).size).toBe(20);
    expect(await reserve()).toEqual({ outcome: 'no-pair' });
  });

  test('the next refill moves pairs that are far behind the tickets to the end', async () => {
    await fillPool(db.database, 5);
    await db.sql`SELECT setval('pool_ticket', 10000)`;
    await fillPool(db.database, 5);
    const tickets = await db.sql<{ ticket: bigint }[]>`SELECT ticket FROM available_pair ORDER BY ticket`;
    expect(tickets.map(({ ticket }) => Number(ticket) - 10_000)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await Promise.all(Array.from({ length: 10 }, reserveOne));
    expect(await reserve()).toEqual({ outcome: 'no-pair' });
  });
});

describe('finishing', () => {
  test('marking a pair as used writes one event, however often it is executed', async () => {
    await fillPool(db.database, 1);
    const reservation = await reserveOne();
    await Promise.all([store.markUsed(reservation, null), store.markUsed(reservation, null)]);
    await store.markUsed(reservation, null);
    const events = await db.sql`SELECT card_reference FROM take_events(10, 30)`;
    expect(events).toEqual([{ card_reference: reservation.cardReference }]);
    expect(await db.database.run(readPoolHealth)).toMatchObject({ reserved: 0, used: 1 });
  });

  test('another reservation id cannot use, release or quarantine a pair', async () => {
    await fillPool(db.database, 1);
    const reservation = await reserveOne();
    const other = { ...reservation, id: randomUUID() };
    await expect(store.markUsed(other, null)).rejects.toMatchObject({ code: 'reservation-lost' });
    await store.release(other, 'not-dispatched', null);
    await store.quarantineReservation(other, 'conflict');
    expect(await stateOf(reservation)).toBe('RESERVED');
  });

  test('a released pair is available again, and its earlier owner cannot use or release it', async () => {
    await fillPool(db.database, 1);
    const first = await reserveOne();
    await store.release(first, 'not-dispatched', null);
    await store.release(first, 'not-dispatched', null);
    const second = await reserveOne();
    expect(second.pairId).toBe(first.pairId);
    await expect(store.markUsed(first, null)).rejects.toMatchObject({ code: 'reservation-lost' });
    await store.release(first, 'not-dispatched', null);
    expect(await stateOf(second)).toBe('RESERVED');
    await store.markUsed(second, null);
  });

  test('the settler quarantines a stale reservation, no creation gets its pair, and its late owner can still use it', async () => {
    await fillPool(db.database, 2);
    const stale = await reserveOne();
    await db.sql`UPDATE reservation SET reserved_at = now() - interval '1 hour'`;
    const fresh = await reserveOne();
    expect(await db.database.run((sql) => settleReservations(sql, 900, 100))).toBe(1);
    expect(await stateOf(stale)).toBe('QUARANTINED');
    expect(await stateOf(fresh)).toBe('RESERVED');
    expect(await reserve()).toEqual({ outcome: 'no-pair' });
    await store.release(stale, 'not-dispatched', null);
    expect(await stateOf(stale)).toBe('QUARANTINED');
    await store.markUsed(stale, null);
    expect(await stateOf(stale)).toBe('USED');
    expect(await db.database.run(readPoolHealth)).toMatchObject({ quarantined: 0, used: 1, reserved: 1 });
  });

  test.each(['AVAILABLE', 'RESERVED', 'QUARANTINED', 'STAGED'] as const)(
    'a read adopts a pair from %s, with one event',
    async (state) => {
      await fillPool(db.database, 1);
      const [filled] = await db.sql<TokenPair[]>`
        SELECT internal_token AS "internalToken", card_reference AS "cardReference" FROM pair
      `;
      if (filled === undefined) throw new Error('There is a pair.');
      let pair = filled;
      if (state === 'RESERVED') await reserveOne();
      if (state === 'QUARANTINED') await store.quarantineReservation(await reserveOne(), 'conflict');
      if (state === 'STAGED') {
        const staged = newPair();
        await db.sql`INSERT INTO pair (internal_token, card_reference) VALUES (${staged.internalToken}, ${staged.cardReference})`;
        pair = staged;
      }
      await store.adopt(pair);
      await store.adopt(pair);
      expect(await store.findByInternalToken(pair.internalToken)).toMatchObject({ state: 'USED' });
      expect(await db.sql`SELECT 1 FROM outbox_event`).toHaveLength(1);
      if (state !== 'STAGED') expect(await reserve()).toEqual({ outcome: 'no-pair' });
    },
  );

  test('a read cannot adopt a stored pair with its internal token and another reference', async () => {
    await fillPool(db.database, 1);
    const [pair] = await db.sql<TokenPair[]>`SELECT internal_token AS "internalToken" FROM pair`;
    if (pair === undefined) throw new Error('There is a pair.');
    const guess = { internalToken: pair.internalToken, cardReference: newPair().cardReference };
    await expect(store.adopt(guess)).rejects.toMatchObject({ code: 'pair-conflict' });
    expect(await reserve()).toMatchObject({ outcome: 'reserved' });
  });

  test('a pair that TOME knows is stored once, and a pair that contradicts it is refused', async () => {
    const pair = newPair();
    await Promise.all([store.insertBound(pair, 'direct'), store.insertBound(pair, 'repair')]);
    expect(await db.sql`SELECT 1 FROM outbox_event`).toHaveLength(1);
    const contradiction = { ...pair, cardReference: newPair().cardReference };
    await expect(store.insertBound(contradiction, 'repair')).rejects.toMatchObject({ code: 'pair-conflict' });
  });

  test.each(['before', 'after'])('pair_life has the history of a pair %s the relay updates it', async (when) => {
    await fillPool(db.database, 1);
    const first = await reserveOne();
    await store.release(first, 'card-already-bound', null);
    const used = await reserveOne();
    await store.markUsed(used, null);
    if (when === 'after') await db.sql`SELECT close_events(ARRAY[${used.pairId}::bigint])`;
    const [row] = await db.sql`
      SELECT reason, staged_at <= available_at AND available_at <= released_at AND released_at <= reserved_at AND reserved_at <= used_at AS ordered,
        state, reservation_id
      FROM pair_life
    `;
    expect(row).toEqual({ reason: 'card-already-bound', ordered: true, state: 'USED', reservation_id: used.id });
    await store.markUsed(used, null);
    expect(await store.findByInternalToken(used.internalToken)).toMatchObject({ state: 'USED' });
  });
});

describe('reading', () => {
  test('PAIR_STATES has the values of the database type pair_state, in its order', async () => {
    const [type] = await db.sql<{ states: string[] }[]>`
      SELECT to_json(enum_range(NULL::pair_state)) AS states
    `;
    expect(type?.states).toEqual([...PAIR_STATES]);
  });

  test('a read by token or reference finds an available pair and a reserved pair as POOLED', async () => {
    await fillPool(db.database, 1);
    const [pair] = await db.sql<TokenPair[]>`
      SELECT internal_token AS "internalToken", card_reference AS "cardReference" FROM pair
    `;
    if (pair === undefined) throw new Error('There is a pair.');
    const pooled = { ...pair, state: 'POOLED', mapped: true };
    for (const step of [async () => undefined, reserveOne]) {
      await step();
      expect(await store.findByInternalToken(pair.internalToken)).toEqual(pooled);
      expect(await store.findByReference(pair.cardReference)).toEqual(pooled);
    }
  });
});

describe('the direct path', () => {
  /** Records this many direct creations for every second of the next hour. */
  const spendAhead = (creations: number) => db.sql`
    INSERT INTO direct_path_second (second, creations)
    SELECT date_trunc('second', now()) + number * interval '1 second', ${creations} FROM generate_series(-1, 3600) AS number
    ON CONFLICT (second) DO UPDATE SET creations = EXCLUDED.creations
  `;

  test('a creation gets no unit in a second whose budget is spent', async () => {
    await spendAhead(5);
    expect(await store.spendDirectBudget()).toBe(false);
  });

  test('one of many concurrent creations gets the last unit of a second', async () => {
    await spendAhead(4);
    const granted = (await Promise.all(Array.from({ length: 40 }, () => store.spendDirectBudget()))).filter(Boolean);
    const seconds = await db.sql<{ creations: number; count: number }[]>`
      SELECT creations, count(*)::int AS count FROM direct_path_second WHERE creations > 4 GROUP BY creations
    `;
    // The forty creations may have taken several seconds.
    expect(seconds).toEqual([{ creations: 5, count: granted.length }]);
  });
});
