import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { acceptedAddress } from '../../lambdas/pool/database/accepted-address.ts';
import { Database } from '../../lambdas/pool/database/database.ts';
import type { AddressParts } from '../../lambdas/pool/database/database-address.ts';
import { CardNumber } from '../../lambdas/tokenization/model/card-number.ts';
import { madeUpCard } from '../../scripts/local/made-up-cards.ts';
import { noFaults } from '../faults/harness/interceptor.ts';
import { startProcess } from '../faults/harness/process-under-test.ts';
import { createWorld } from '../faults/harness/world.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

/**
 * Each test brings a real server into a state and back. The roles of the server are shared, so the
 * tests use their own.
 */
const SETTINGS = { maxConnections: 2, queryTimeoutMs: 120_000, attempts: 3, prepare: true };
const UNAVAILABLE = { code: 'store-unavailable', retryAfterSeconds: 2 };

let db: TestDatabase;
let database: Database;
let name: string;

beforeAll(async () => {
  db = await createTestDatabase();
  name = new URL(db.url).pathname.slice(1);
  await db.sql`CREATE TABLE note (text text)`;
  database = new Database(db.url, SETTINGS);
});

afterAll(async () => {
  await database.close();
  await db.drop();
});

const write = (on = database) => on.run(async (sql) => void (await sql`INSERT INTO note VALUES ('x')`));
const session = async (on = database) =>
  (await on.run((sql) => sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`))[0]?.pid;

/** Ends the sessions of the code under test, as a failover does. */
async function endSessions(databaseName: string): Promise<void> {
  const sessions = () => db.sql`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = ${databaseName} AND application_name = 'card-tokenization-pool' AND pid <> pg_backend_pid()
      AND pid NOT IN (SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_terminate_backend%')
  `;
  await sessions();
  await expect.poll(async () => (await sessions()).length).toBe(0);
}

/** Holds a lock on the table while `during` runs. */
async function whileLocked(during: () => Promise<void>): Promise<void> {
  await db.sql.begin(async (transaction) => {
    await transaction`LOCK TABLE note IN ACCESS EXCLUSIVE MODE`;
    await during();
  });
}

const waiting = () => db.sql<{ pid: number }[]>`
  SELECT pid FROM pg_stat_activity WHERE datname = ${name} AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO note%'
`;

test('a write to a server that a failover has demoted gets 503, and succeeds as soon as a writer is back', async () => {
  await write();
  await db.sql.unsafe(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
  await endSessions(name);
  await expect(write()).rejects.toMatchObject({ ...UNAVAILABLE, cause: { code: '25006' } });
  const readOnly = await session();
  await db.sql.begin(async (transaction) => {
    await transaction`SET TRANSACTION READ WRITE`;
    await transaction.unsafe(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
  });
  // The session that is still read-only exists, but is not used for the write.
  expect(await session()).toBe(readOnly);
  await write();
});

test('a statement that an administrator cancels gets 503, and its session is kept', async () => {
  const before = await session();
  await whileLocked(async () => {
    const written = expect(write()).rejects.toMatchObject({ ...UNAVAILABLE, cause: { code: '57014' } });
    await expect.poll(async () => (await waiting()).length).toBe(1);
    await db.sql`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = ${(await waiting())[0]?.pid ?? 0}`;
    await written;
  });
  expect(await session()).toBe(before);
});

test.each([
  ['lock_timeout', '55P03'],
  ['statement_timeout', '57014'],
])('a statement that reaches %s gets 503', async (setting, code) => {
  await db.sql.unsafe(`ALTER DATABASE ${name} SET ${setting} = '50ms'`);
  const limited = new Database(db.url, SETTINGS);
  await whileLocked(async () => {
    await expect(write(limited)).rejects.toMatchObject({ ...UNAVAILABLE, cause: { code } });
  });
  await db.sql.unsafe(`ALTER DATABASE ${name} RESET ${setting}`);
  await limited.close();
});

test('a statement whose session the server ends is executed again', async () => {
  let written = Promise.resolve();
  await whileLocked(async () => {
    written = write();
    await expect.poll(async () => (await waiting()).length).toBe(1);
    const [first] = await waiting();
    await db.sql`SELECT pg_terminate_backend(${first?.pid ?? 0})`;
    await expect.poll(async () => (await waiting()).filter(({ pid }) => pid !== first?.pid).length).toBe(1);
  });
  await written;
});

describe('signing in', () => {
  const address = (username: string, password: AddressParts['password'], more: Partial<AddressParts> = {}) => {
    const { hostname, port } = new URL(db.url);
    return { host: hostname, port: Number(port), database: name, username, password, tls: false, ...more };
  };
  const role = `signs_in_${process.pid}`;
  const admin = () => db.sql;
  const on = (parts: AddressParts) => new Database(parts, { ...SETTINGS, maxConnections: 1 });

  beforeAll(async () => {
    await db.sql.unsafe(`CREATE ROLE ${role} LOGIN PASSWORD 'first'`);
    await db.sql.unsafe(`GRANT CONNECT ON DATABASE ${name} TO ${role}`);
  });

  afterAll(async () => {
    await db.sql.unsafe(`REVOKE ALL ON DATABASE ${name} FROM ${role}`);
    await db.sql.unsafe(`DROP ROLE ${role}`);
  });

  test.each([
    ['a wrong password', 'wrong', '', '28P01'],
    ['a role that may not sign in', 'first', 'NOLOGIN', '28000'],
    ['a role with all of its connections in use', 'first', 'CONNECTION LIMIT 0', '53300'],
  ])('%s causes 503, and the next request after the repair succeeds', async (_what, password, change, code) => {
    let given = password;
    const database = on(address(role, async () => given));
    if (change !== '') await admin().unsafe(`ALTER ROLE ${role} ${change}`);
    await expect(session(database)).rejects.toMatchObject({ ...UNAVAILABLE, cause: { code } });
    await admin().unsafe(`ALTER ROLE ${role} LOGIN CONNECTION LIMIT -1`);
    given = 'first';
    expect(await session(database)).toEqual(expect.any(Number));
    await database.close();
  });

  test('a database that does not exist causes 503', async () => {
    const database = on(address(role, async () => 'first', { database: 'absent' }));
    await expect(session(database)).rejects.toMatchObject({ ...UNAVAILABLE, cause: { code: '3D000' } });
  });

  test('a password that cannot be made causes 503, and the process continues', async () => {
    let isBroken = true;
    const database = on(
      address(role, async () => {
        if (isBroken) throw new Error('no credentials');
        return 'first';
      }),
    );
    await expect(session(database)).rejects.toMatchObject({ ...UNAVAILABLE, cause: { message: 'no credentials' } });
    isBroken = false;
    expect(await session(database)).toEqual(expect.any(Number));
    await database.close();
  });

  test('a request after the rotation of the password reads it again once and succeeds', async () => {
    let kept: string | null = 'first';
    let stored = 'first';
    let reads = 0;
    const database = on(
      address(
        role,
        async () => {
          if (kept === null) {
            reads += 1;
            kept = stored;
          }
          return kept;
        },
        {
          forgetPassword: () => {
            kept = null;
          },
        },
      ),
    );
    await session(database);
    await database.close();
    stored = 'second';
    await admin().unsafe(`ALTER ROLE ${role} PASSWORD 'second'`);
    expect(await session(database)).toEqual(expect.any(Number));
    expect(reads).toBe(1);
    await database.close();
  });

  test('a migration reads a refused password again, and fails if the new one is refused too', async () => {
    let kept = 'before the rotation';
    const rotated = address(role, async () => kept, {
      forgetPassword: () => {
        kept = 'now';
      },
    });
    await admin().unsafe(`ALTER ROLE ${role} PASSWORD 'now'`);
    expect(await acceptedAddress(rotated)).toMatchObject({ password: 'now' });
    await admin().unsafe(`ALTER ROLE ${role} PASSWORD 'first'`);
    await expect(acceptedAddress(rotated)).rejects.toMatchObject({ code: '28P01' });
  });
});

test('a port where no process listens causes 503 after one attempt', async () => {
  const absent = new Database('postgres://user@127.0.0.1:1/nothing', SETTINGS);
  await expect(session(absent)).rejects.toMatchObject({ ...UNAVAILABLE, cause: { code: 'ECONNREFUSED' } });
});

test('a host name that does not exist causes 503', async () => {
  const absent = new Database('postgres://user@database.invalid:5432/nothing', { ...SETTINGS, attempts: 1 });
  await expect(session(absent)).rejects.toMatchObject(UNAVAILABLE);
});

test('a read succeeds on a read-only server, although it should adopt the pair that it found', async () => {
  const world = await createWorld(inject('postgresUrl'), 21);
  try {
    await world.reset();
    const card = CardNumber.parse(madeUpCard(1));
    const calm = startProcess(world, noFaults);
    await calm.prefetch(2);
    // The process of this creation ended after NS1's answer and before its write to the database.
    const [pair] = await world.sql<{ internal_token: never; card_reference: string }[]>`
      SELECT pair.internal_token, pair.card_reference FROM pair JOIN reserve(gen_random_uuid()) AS reserved ON reserved.pair_id = pair.id
    `;
    if (pair === undefined) throw new Error('The pool has pairs.');
    await world.tome.ns1.tokenize(card, pair.internal_token, {
      deadlineMs: Number.POSITIVE_INFINITY,
      lane: 'live',
      correlationId: 'test',
    });
    const { datname } = (await world.sql<{ datname: string }[]>`SELECT current_database() AS datname`)[0] ?? {
      datname: '',
    };
    await world.sql.unsafe(`ALTER DATABASE ${datname} SET default_transaction_read_only = on`);
    await world.database.close();
    const reading = startProcess(world, noFaults);
    expect(await reading.tokenizer.lookup(card, reading.context())).toBe(pair.card_reference);
    const shown = await reading.tokenizer.detokenize(pair.card_reference as never, reading.context());
    expect(shown.reveal()).toBe(card.reveal());
    await expect(reading.tokenizer.create(CardNumber.parse(madeUpCard(2)), reading.context())).rejects.toMatchObject(
      UNAVAILABLE,
    );
  } finally {
    await world.close();
  }
});
