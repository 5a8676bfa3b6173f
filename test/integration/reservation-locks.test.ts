import { randomUUID } from 'node:crypto';
import postgres, { type TransactionSql } from 'postgres';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stepDatabaseClock } from '../faults/harness/database-clock.ts';
import { fillPool } from './fill-pool.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

/** Which locks a reservation waits for: the table in docs/design.md#locks. */

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase();
});

afterEach(() => db.drop());

type Statement = (transaction: TransactionSql<{ bigint: bigint }>) => Promise<unknown>;

/**
 * What a reservation does while another transaction that executed `statement` is open. A lock that
 * no transaction holds never reaches `lock_timeout`, so the result does not depend on speed.
 */
async function reserveBeside(statement: Statement): Promise<'reserves' | 'finds no pair' | 'waits'> {
  return db.sql.begin(async (open) => {
    await statement(open);
    try {
      return await db.sql.begin(async (reserving) => {
        await reserving`SET LOCAL lock_timeout = '100ms'`;
        const pairs = await reserving`SELECT * FROM reserve(${randomUUID()})`;
        return pairs.length === 0 ? 'finds no pair' : 'reserves';
      });
    } catch (error) {
      if (error instanceof postgres.PostgresError && error.code === LOCK_NOT_AVAILABLE) return 'waits';
      throw error;
    }
  });
}

const LOCK_NOT_AVAILABLE = '55P03';
const reserve: Statement = (transaction) => transaction`SELECT * FROM reserve(${randomUUID()})`;

describe('a reservation does not wait', () => {
  test('for another reservation that has taken its own ticket', async () => {
    await fillPool(db.database, 2);
    expect(await reserveBeside(reserve)).toBe('reserves');
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
    expect(
      await reserveBeside(async (open) => {
        expect(await open`SELECT retire_expired(10) AS retired`).toEqual([{ retired: 3 }]);
      }),
    ).toBe('reserves');
  });

  test('for a refill that makes pairs available, or for a pair that its owner releases', async () => {
    await fillPool(db.database, 2);
    const id = randomUUID();
    const [taken] = await db.sql<{ pairId: bigint }[]>`SELECT pair_id AS "pairId" FROM reserve(${id})`;
    const pairId = taken?.pairId ?? 0n;
    expect(await reserveBeside((open) => open`SELECT release(${id}, ${pairId}, 'not-dispatched', NULL)`)).toBe(
      'reserves',
    );
  });

  test('for the settler, or for a creation that marks its pair as used', async () => {
    await fillPool(db.database, 4);
    const id = randomUUID();
    const [taken] = await db.sql<{ pairId: bigint }[]>`SELECT pair_id AS "pairId" FROM reserve(${id})`;
    const pairId = taken?.pairId ?? 0n;
    expect(await reserveBeside((open) => open`SELECT mark_used(${id}, ${pairId})`)).toBe('reserves');
    await db.sql`SELECT reserve(${randomUUID()})`;
    await stepDatabaseClock(db.sql, 2 * 3_600);
    expect(await reserveBeside((open) => open`SELECT settle_reservations(900, 10)`)).toBe('reserves');
  });
});

describe('a reservation waits', () => {
  test('for a search that has locked exactly the pair of its ticket', async () => {
    await fillPool(db.database, 2);
    expect(await reserveBeside((open) => open`SELECT find_available_ticket(1, 1)`)).toBe('waits');
  });

  test('for other reservations that hold all remaining pairs, before it reports an empty pool', async () => {
    await fillPool(db.database, 1);
    expect(await reserveBeside(reserve)).toBe('waits');
    expect(await reserveBeside((open) => open`SELECT 1`)).toBe('finds no pair');
  });

  test('for a read that adopts exactly the pair of its ticket', async () => {
    await fillPool(db.database, 2);
    const adopt: Statement = (open) =>
      open`SELECT adopt((SELECT internal_token FROM available_pair ORDER BY ticket LIMIT 1))`;
    expect(await reserveBeside(adopt)).toBe('waits');
  });

  test('for the restore fence, which no pair may pass', async () => {
    await fillPool(db.database, 2);
    expect(await reserveBeside((open) => open`SELECT * FROM fence_restored()`)).toBe('waits');
  });
});
