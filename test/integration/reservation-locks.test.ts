import { randomUUID } from 'node:crypto';
import postgres, { type TransactionSql } from 'postgres';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { arrayLiteral } from '../../lambdas/pool/database/array-parameters.ts';
import { createRefillStore } from '../../lambdas/pool/refill-store.ts';
import { stepDatabaseClock } from '../faults/harness/database-clock.ts';

import { fillPool, newInternalToken, newReference } from './fill-pool.ts';
import { untilLockIsAwaited } from './lock-waiters.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

/** Which locks a reservation waits for: the table in docs/design.md#locks. */

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
});

afterEach(() => db.drop());

type Statement = (transaction: TransactionSql<{ bigint: bigint }>) => Promise<readonly object[]>;

const LOCK_NOT_AVAILABLE = '55P03';

const reserve: Statement = (transaction) => transaction`SELECT * FROM reserve(${randomUUID()})`;

const reserveForKey =
  (key: string): Statement =>
  (transaction) =>
    transaction`SELECT * FROM reserve_for_key(${randomUUID()}, ${Buffer.from(key)}, 'body', 10, 3600)`;

/**
 * What a reservation does while another transaction that executed `statement` is open. A lock that
 * no transaction holds never reaches `lock_timeout`, so the result does not depend on speed.
 */
async function reserveBeside(
  statement: Statement,
  reservation: Statement = reserve,
): Promise<'reserves' | 'finds no pair' | 'is refused' | 'waits'> {
  return db.sql.begin(async (open) => {
    await statement(open);
    try {
      return await db.sql.begin(async (reserving) => {
        await reserving`SET LOCAL lock_timeout = '100ms'`;
        const pairs = await reservation(reserving);
        return pairs.length === 0 ? 'finds no pair' : 'reserves';
      });
    } catch (error) {
      if (!(error instanceof postgres.PostgresError) || error.code !== LOCK_NOT_AVAILABLE) throw error;
      return error.message.includes('lock timeout') ? 'waits' : 'is refused';
    }
  });
}

/** Reserves a pair, and commits. */
async function reserveOne(): Promise<{ readonly id: string; readonly pairId: bigint }> {
  const id = randomUUID();
  const [taken] = await db.sql<{ pairId: bigint }[]>`SELECT pair_id AS "pairId" FROM reserve(${id})`;
  if (taken === undefined) throw new Error('The pool has a pair.');
  return { id, pairId: taken.pairId };
}

describe('a reservation does not wait', () => {
  test('for another reservation that has taken its own ticket', async () => {
    await fillPool(db.database, 2);
    expect(await reserveBeside(reserve)).toBe('reserves');
  });

  test('for a creation with another Idempotency-Key', async () => {
    await fillPool(db.database, 2);
    expect(await reserveBeside(reserveForKey('one'), reserveForKey('other'))).toBe('reserves');
  });

  test('for a search that has locked a pair, when the tickets are used up', async () => {
    await fillPool(db.database, 2);
    await db.sql`SELECT setval('pool_ticket', 100)`;
    expect(await reserveBeside((open) => open`SELECT find_available_ticket(101, 1)`)).toBe('reserves');
  });

  test('for the job that retires expired pairs', async () => {
    await fillPool(db.database, 3, new Date(Date.now() + 3_600_000));
    await fillPool(db.database, 3, new Date(Date.now() + 7 * 86_400_000));
    await stepDatabaseClock(db.sql, 2 * 3_600);
    const retire: Statement = async (open) => {
      const retired = await open`SELECT retire_expired(10) AS count`;
      expect(retired).toEqual([{ count: 3 }]);
      return retired;
    };
    expect(await reserveBeside(retire)).toBe('reserves');
  });

  test('for a refill that activates pairs', async () => {
    await fillPool(db.database, 1);
    const refill = createRefillStore(db.database, { leaseSeconds: 60, maxMappingFailures: 3, expiryMarginSeconds: 0 });
    const lease = await refill.acquireLease('a run');
    if (lease === null) throw new Error('The lease is free.');
    await refill.stage(lease, [], {
      internalTokens: [{ token: newInternalToken(), expiresAt: null }],
      references: [{ token: newReference(), expiresAt: null }],
      rejected: [],
    });
    const ids = (await refill.stagedPairs(1)).map(({ pairId }) => pairId);
    const activate: Statement = async (open) => {
      const activated = await open`SELECT activate_pairs(${lease.fencing}, ${arrayLiteral(ids)}) AS count`;
      expect(activated).toEqual([{ count: 1 }]);
      return activated;
    };
    expect(await reserveBeside(activate)).toBe('reserves');
  });

  test('for a refill that moves pairs whose tickets were passed', async () => {
    await fillPool(db.database, 205);
    await db.sql`SELECT setval('pool_ticket', 10000)`;
    const move: Statement = async (open) => {
      await open`SELECT make_available('{}')`;
      const moved = await open`SELECT FROM available_pair WHERE ticket > 10000`;
      expect(moved).toHaveLength(200);
      return moved;
    };
    expect(await reserveBeside(move)).toBe('reserves');
  });

  test('for an owner that releases its pair', async () => {
    await fillPool(db.database, 2);
    const { id, pairId } = await reserveOne();
    const release: Statement = (open) => open`SELECT release(${id}, ${pairId}, 'not-dispatched', NULL)`;
    expect(await reserveBeside(release)).toBe('reserves');
  });

  test('for an owner that marks its pair as used, or quarantines it', async () => {
    await fillPool(db.database, 4);
    const used = await reserveOne();
    expect(await reserveBeside((open) => open`SELECT mark_used(${used.id}, ${used.pairId})`)).toBe('reserves');
    const { id, pairId } = await reserveOne();
    const quarantine: Statement = (open) => open`SELECT quarantine_reservation(${id}, ${pairId}, 'conflict')`;
    expect(await reserveBeside(quarantine)).toBe('reserves');
  });

  test('for the settler that quarantines stale reservations', async () => {
    await fillPool(db.database, 2);
    await reserveOne();
    await stepDatabaseClock(db.sql, 2 * 3_600);
    const settle: Statement = async (open) => {
      const settled = await open`SELECT settle_reservations(900, 10) AS count`;
      expect(settled).toEqual([{ count: 1 }]);
      return settled;
    };
    expect(await reserveBeside(settle)).toBe('reserves');
  });

  test('for the relay that closes the events of used pairs', async () => {
    await fillPool(db.database, 2);
    const { id, pairId } = await reserveOne();
    await db.sql`SELECT mark_used(${id}, ${pairId})`;
    expect(await reserveBeside((open) => open`SELECT close_events(ARRAY[${pairId}::bigint])`)).toBe('reserves');
  });

  test('for VACUUM, which locks a table in SHARE UPDATE EXCLUSIVE mode', async () => {
    await fillPool(db.database, 1);
    const lock: Statement = (open) =>
      open`LOCK TABLE available_pair, reservation, pair, pool_cursor IN SHARE UPDATE EXCLUSIVE MODE`;
    expect(await reserveBeside(lock)).toBe('reserves');
  });

  test('for a search that has locked exactly the pair of its ticket', async () => {
    await fillPool(db.database, 2);
    expect(await reserveBeside((open) => open`SELECT find_available_ticket(1, 1)`)).toBe('reserves');
  });

  test('for a read that adopts exactly the pair of its ticket', async () => {
    await fillPool(db.database, 2);
    const adopt: Statement = (open) =>
      open`SELECT adopt((SELECT internal_token FROM available_pair ORDER BY ticket LIMIT 1))`;
    expect(await reserveBeside(adopt)).toBe('reserves');
  });

  test('for a prefetch that quarantines exactly the pair of its ticket', async () => {
    await fillPool(db.database, 2);
    const quarantine: Statement = (open) =>
      open`SELECT quarantine_unused(ARRAY[(SELECT pair_id FROM available_pair ORDER BY ticket LIMIT 1)], 'conflict')`;
    expect(await reserveBeside(quarantine)).toBe('reserves');
  });

  test('for other reservations that hold all remaining pairs: it finds no pair', async () => {
    await fillPool(db.database, 1);
    expect(await reserveBeside(reserve)).toBe('finds no pair');
    await fillPool(db.database, 1, new Date(Date.now() + 3_600_000));
    expect(await reserveBeside(reserve)).toBe('finds no pair');
  });

  test('for the restore fence, which lets no pair be taken while it runs: it is refused', async () => {
    await fillPool(db.database, 2);
    const fence: Statement = (open) => open`SELECT * FROM fence_restored()`;
    expect(await reserveBeside(fence)).toBe('is refused');
    await fillPool(db.database, 2);
    expect(await reserveBeside(fence, reserveForKey('one'))).toBe('is refused');
  });

  test('for the restore fence while that still waits for another writer', async () => {
    await fillPool(db.database, 2);
    const released = Promise.withResolvers<void>();
    const isWriting = Promise.withResolvers<void>();
    const writer = db.sql.begin(async (open) => {
      await open`LOCK TABLE pair IN ROW EXCLUSIVE MODE`;
      isWriting.resolve();
      await released.promise;
    });
    await isWriting.promise;
    const fence = db.sql.begin((open) => open`SELECT * FROM fence_restored()`);
    await untilLockIsAwaited(db.sql);
    expect(await reserveBeside((open) => open`SELECT 1`)).toBe('is refused');
    released.resolve();
    await Promise.all([writer, fence]);
  });
});

describe('a reservation waits', () => {
  test('for an earlier execution with the same reservation id', async () => {
    await fillPool(db.database, 2);
    const id = randomUUID();
    const reserveAgain: Statement = (transaction) => transaction`SELECT * FROM reserve(${id})`;
    expect(await reserveBeside(reserveAgain, reserveAgain)).toBe('waits');
  });

  test('for another request with the same Idempotency-Key', async () => {
    await fillPool(db.database, 2);
    expect(await reserveBeside(reserveForKey('one'), reserveForKey('one'))).toBe('waits');
  });
});
