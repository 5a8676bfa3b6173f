import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPairStore } from '../../lambdas/pool/pair-store.ts';
import { readPoolHealth } from '../../lambdas/pool/pool-health.ts';
import { settleReservations } from '../../lambdas/pool/pool-jobs.ts';
import { PAIR_STATES, type TokenPair } from '../../lambdas/tokenization/model/pair.ts';
import type { PairStore, Reservation, ReserveOutcome } from '../../lambdas/tokenization/ports/pair-store.ts';
import { stepDatabaseClock } from '../faults/harness/database-clock.ts';
import { fillPool, newPair } from './fill-pool.ts';
import { somebodyWaits } from './lock-waiters.ts';
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
  test('concurrent reservations never receive the same pair, and the pool is called empty only when it is', async () => {
    await fillPool(db.database, 200);
    const outcomes = await Promise.all(Array.from({ length: 300 }, reserve));
    const pairs = outcomes.flatMap((outcome) => (outcome.outcome === 'reserved' ? [outcome.reservation.pairId] : []));
    expect(pairs).toHaveLength(200);
    expect(new Set(pairs).size).toBe(200);
    expect(outcomes.filter((outcome) => outcome.outcome === 'no-pair')).toHaveLength(100);
  });

  test('the same reservation id executed again finds the pair that the first execution took', async () => {
    await fillPool(db.database, 5);
    const id = randomUUID();
    const [first, second] = await Promise.all([store.reserve(id, null), store.reserve(id, null)]);
    expect(second).toEqual(first);
    const health = await db.database.run(readPoolHealth);
    expect(health).toMatchObject({ available: 4, reserved: 1 });
  });

  test('a pair that is locked by somebody else who gives it back is found by the look that waits', async () => {
    await fillPool(db.database, 1);
    const locked = Promise.withResolvers<void>();
    const letGo = Promise.withResolvers<void>();
    const holder = db.sql.begin(async (transaction) => {
      await transaction`SELECT 1 FROM available_pair FOR UPDATE`;
      locked.resolve();
      await letGo.promise;
    });
    await locked.promise;
    const waiting = reserve();
    await somebodyWaits(db.sql);
    letGo.resolve();
    expect(await waiting).toMatchObject({ outcome: 'reserved' });
    await holder;
  });

  test('an expired pair is never reserved', async () => {
    await fillPool(db.database, 3, new Date(Date.now() + 3_600_000));
    await stepDatabaseClock(db.sql, 7_200);
    expect(await db.sql`SELECT count(*)::int AS count FROM available_pair`).toEqual([{ count: 3 }]);
    expect(await reserve()).toEqual({ outcome: 'no-pair' });
  });

  test("neither a used pair nor one in somebody's hand can be put on offer, and no pair twice", async () => {
    await fillPool(db.database, 3);
    const used = await reserveOne();
    await store.markUsed(used, null);
    const held = await reserveOne();
    const offer = (pairId: bigint) => db.sql`SELECT make_available(ARRAY[${pairId}::bigint])`;
    await expect(offer(used.pairId)).rejects.toMatchObject({ code: '23514' });
    await expect(offer(held.pairId)).rejects.toMatchObject({ code: '23514' });
    const [free] = await db.sql<{ pair_id: bigint }[]>`SELECT pair_id FROM available_pair`;
    await expect(offer(free?.pair_id as bigint)).rejects.toMatchObject({ code: '23505' });
    await reserveOne();
    expect(await reserve()).toEqual({ outcome: 'no-pair' });
  });

  test('pairs whose tickets were drawn in vain are found again when the tickets run out', async () => {
    await fillPool(db.database, 20);
    const drawnInVain = db.sql.begin(async (transaction) => {
      for (let count = 0; count < 8; count += 1) await transaction`SELECT * FROM reserve(${randomUUID()})`;
      throw new Error('rolled back');
    });
    await expect(drawnInVain).rejects.toThrow('rolled back');
    const pairs = await Promise.all(Array.from({ length: 20 }, reserveOne));
    expect(new Set(pairs.map(({ pairId }) => pairId)).size).toBe(20);
    expect(await reserve()).toEqual({ outcome: 'no-pair' });
  });

  test('what was left far behind is moved to the end by the next refill', async () => {
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
  test('marking used writes exactly one event, however often it is executed', async () => {
    await fillPool(db.database, 1);
    const reservation = await reserveOne();
    await Promise.all([store.markUsed(reservation, null), store.markUsed(reservation, null)]);
    await store.markUsed(reservation, null);
    const events = await db.sql`SELECT card_reference FROM take_events(10, 30)`;
    expect(events).toEqual([{ card_reference: reservation.cardReference }]);
    expect(await db.database.run(readPoolHealth)).toMatchObject({ reserved: 0, used: 1 });
  });

  test('a stranger cannot finish, give back or quarantine a reservation', async () => {
    await fillPool(db.database, 1);
    const reservation = await reserveOne();
    const stranger = { ...reservation, id: randomUUID() };
    await expect(store.markUsed(stranger, null)).rejects.toMatchObject({ code: 'reservation-lost' });
    await store.release(stranger, 'not-dispatched', null);
    await store.quarantineReservation(stranger, 'conflict');
    expect(await stateOf(reservation)).toBe('RESERVED');
  });

  test('a released pair is on offer again, and its former owner has no more say in it', async () => {
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

  test('a stale reservation goes to quarantine and never back to the pool, and its late owner still finishes it', async () => {
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
    'a pair that NS1 says is bound is adopted from %s, with one event',
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

  test('a stored pair is not adopted by its internal token and another reference', async () => {
    await fillPool(db.database, 1);
    const [pair] = await db.sql<TokenPair[]>`SELECT internal_token AS "internalToken" FROM pair`;
    if (pair === undefined) throw new Error('There is a pair.');
    const guess = { internalToken: pair.internalToken, cardReference: newPair().cardReference };
    await expect(store.adopt(guess)).rejects.toMatchObject({ code: 'pair-conflict' });
    expect(await reserve()).toMatchObject({ outcome: 'reserved' });
  });

  test('a pair found at TOME is stored once, and one that contradicts a stored pair is refused', async () => {
    const pair = newPair();
    await Promise.all([store.insertBound(pair, 'direct'), store.insertBound(pair, 'repair')]);
    expect(await db.sql`SELECT 1 FROM outbox_event`).toHaveLength(1);
    const contradiction = { ...pair, cardReference: newPair().cardReference };
    await expect(store.insertBound(contradiction, 'repair')).rejects.toMatchObject({ code: 'pair-conflict' });
  });

  test.each(['before', 'after'])('the history of a pair stands in its life %s the relay has filed it', async (when) => {
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
  /** Every second of the next hour has seen this many direct creations. */
  const spendAhead = (creations: number) => db.sql`
    INSERT INTO direct_path_second (second, creations)
    SELECT date_trunc('second', now()) + number * interval '1 second', ${creations} FROM generate_series(-1, 3600) AS number
    ON CONFLICT (second) DO UPDATE SET creations = EXCLUDED.creations
  `;

  test('in a second whose budget is spent nobody gets a direct creation', async () => {
    await spendAhead(5);
    expect(await store.spendDirectBudget()).toBe(false);
  });

  test('the last direct creation of a second goes to exactly one of all who ask at once', async () => {
    await spendAhead(4);
    const granted = (await Promise.all(Array.from({ length: 40 }, () => store.spendDirectBudget()))).filter(Boolean);
    const seconds = await db.sql<{ creations: number; count: number }[]>`
      SELECT creations, count(*)::int AS count FROM direct_path_second WHERE creations > 4 GROUP BY creations
    `;
    // However many seconds the forty took.
    expect(seconds).toEqual([{ creations: 5, count: granted.length }]);
  });
});
