import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Database } from '../../lambdas/pool/database/database.ts';
import { StoreUnavailable } from '../../lambdas/tokenization/errors.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

/** With one connection, a second session means that the first one was discarded. */
const SETTINGS = { maxConnections: 1, queryTimeoutMs: 120_000, attempts: 3, prepare: true };

let db: TestDatabase;
let database: Database;

beforeAll(async () => {
  db = await createTestDatabase();
  database = new Database(db.url, SETTINGS);
  await db.sql.unsafe(`
    CREATE SEQUENCE executions MINVALUE 0;
    SELECT nextval('executions');
    CREATE FUNCTION fail_with(p_code text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      -- A sequence keeps its value when the statement fails.
      PERFORM nextval('executions');
      RAISE EXCEPTION 'invented' USING ERRCODE = p_code;
    END $$;
  `);
});

afterAll(async () => {
  await database.close();
  await db.drop();
});

const session = async () =>
  (await database.run((sql) => sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`))[0]?.pid;

/** How many times the statement was executed, whether its session was kept, and its error. */
async function outcomeOf(act: () => Promise<unknown>, executions: () => Promise<number>) {
  const before = await session();
  const countBefore = await executions();
  const error = await act().then(
    () => null,
    (failure: unknown) => failure,
  );
  const count = (await executions()) - countBefore;
  return { count, isKept: (await session()) === before, error };
}

const executionsOnServer = async () =>
  Number((await db.sql<{ count: string }[]>`SELECT last_value::text AS count FROM executions`)[0]?.count);

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** The expected treatment, written independently of the table in the code. */
const RAISED: Readonly<Record<string, readonly string[]>> = {
  'executed again on a fresh connection, then 503': words(`
    08000 08001 08003 08004 08006 08007 08P01 25006 25P02 25P03 26000 40003 42P05 57P01 57P02 57P05 XX000
  `),
  'executed again on the same connection, then 503': words('40000 40001 40002 40P01 72000'),
  'once, connection discarded, 503': words(`
    25P04 28000 28P01 3D000 53300 57000 57P03 57P04 58000 58030 58P01 58P02 F0000 F0001 XX001 XX002
  `),
  'once, connection kept, 503': words('53000 53100 53200 53400 55006 55P03 57014'),
  'executed again on a fresh connection, then 500': ['0A000'],
  'once, connection kept, 500': words(`
    22003 22P02 23505 23514 25000 25001 25P01 2D000 34000 3F000 42501 42601 42703 42883 42P01 54000 54001 55000 55P02
    P0001 P0004
  `),
};

const treatmentOf = ({ count, isKept, error }: Awaited<ReturnType<typeof outcomeOf>>): string => {
  const answer = error instanceof StoreUnavailable ? 503 : 500;
  if (count > 1) return `executed again on ${isKept ? 'the same' : 'a fresh'} connection, then ${answer}`;
  return `once, connection ${isKept ? 'kept' : 'discarded'}, ${answer}`;
};

describe.each(Object.entries(RAISED))('a statement whose error the server raises: %s', (treatment, codes) => {
  test.each(codes)('%s', async (code) => {
    const seen = await outcomeOf(() => database.run((sql) => sql`SELECT fail_with(${code})`), executionsOnServer);
    expect(treatmentOf(seen)).toBe(treatment);
    if (treatment.endsWith('500')) expect(seen.error).toMatchObject({ name: 'PostgresError', code });
    else expect(seen.error).toMatchObject({ retryAfterSeconds: 2, cause: { code } });
  });
});

/**
 * Codes of Node.js and of the driver. The test throws them, because a local server cannot cause
 * each of them.
 */
const ON_THE_WIRE: Readonly<Record<string, readonly string[]>> = {
  'executed again on a fresh connection, then 503': words(`
    ECONNRESET ECONNABORTED ENOTCONN EPIPE ETIMEDOUT EAI_AGAIN
    CONNECTION_CLOSED CONNECTION_DESTROYED CONNECTION_ENDED CONNECT_TIMEOUT
  `),
  'once, connection discarded, 503': words(`
    ECONNREFUSED EHOSTUNREACH EHOSTDOWN ENETUNREACH EADDRNOTAVAIL EAI_FAIL ENOTFOUND EMFILE ENOBUFS
    ERR_TLS_CERT_ALTNAME_INVALID ERR_SSL_WRONG_VERSION_NUMBER EPROTO CERT_HAS_EXPIRED SELF_SIGNED_CERT_IN_CHAIN
    DEPTH_ZERO_SELF_SIGNED_CERT UNABLE_TO_VERIFY_LEAF_SIGNATURE UNABLE_TO_GET_ISSUER_CERT_LOCALLY
    SASL_SIGNATURE_MISMATCH AUTH_TYPE_NOT_IMPLEMENTED MESSAGE_NOT_SUPPORTED
  `),
};

describe.each(Object.entries(ON_THE_WIRE))(
  'a statement that fails with a code of Node.js or the driver: %s',
  (treatment, codes) => {
    test.each(codes)('%s', async (code) => {
      let executions = 0;
      const fail = async () => {
        executions += 1;
        throw Object.assign(new Error('invented'), { code });
      };
      const seen = await outcomeOf(
        () => database.run(fail),
        async () => executions,
      );
      expect(treatmentOf(seen)).toBe(treatment);
    });
  },
);

test('an error without a code discards its session, and the caller gets the error', async () => {
  const fault = new TypeError('invented');
  const seen = await outcomeOf(
    () => database.run(() => Promise.reject(fault)),
    async () => 0,
  );
  expect(seen).toMatchObject({ isKept: false, error: fault });
});

test('a condition that ends before the second execution causes no error for the caller', async () => {
  for (const code of ['40001', '57P01', '25006', '0A000']) {
    let executions = 0;
    const answer = database.run(async (sql) => {
      executions += 1;
      if (executions === 1) await sql`SELECT fail_with(${code})`;
      return executions;
    });
    expect(await answer).toBe(2);
  }
});
