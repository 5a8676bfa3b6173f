import { randomBytes } from 'node:crypto';
import type { Sql } from '../../../lambdas/pool/database/database.ts';
import type { Work } from './client-load.ts';
import { int64 } from './wire-connection.ts';

/** Rows of the bare table, and available rows of the usual queue query's table. */
const ROWS = 100_000;

/** Creates the tables of the baselines beside the tables of the product. */
export async function createBaselines(sql: Sql): Promise<void> {
  await sql.unsafe(`
    CREATE TABLE bare (id bigint PRIMARY KEY, value int NOT NULL) WITH (fillfactor = 80);
    INSERT INTO bare SELECT number, 0 FROM generate_series(1, ${ROWS}) AS number;
    CREATE TABLE token_pool (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      internal_token text NOT NULL UNIQUE,
      external_reference text NOT NULL UNIQUE,
      status text NOT NULL DEFAULT 'AVAILABLE',
      reserved_at timestamptz,
      used_at timestamptz
    );
    INSERT INTO token_pool (internal_token, external_reference)
      SELECT 'queue_' || md5(number::text), '9' || lpad(number::text, 15, '0') FROM generate_series(1, ${ROWS}) AS number;
    CREATE INDEX token_pool_status ON token_pool (status);
  `);
  await sql.unsafe('VACUUM ANALYZE');
}

const uuid = (): Buffer => randomBytes(16);
const anyRow = (): Buffer => int64(BigInt(1 + Math.floor(Math.random() * ROWS)));

/** The limit: one update of one random row of a narrow table by its primary key. */
export const bareUpdate: Work = {
  statements: { bare: 'UPDATE bare SET value = value + 1 WHERE id = $1' },
  async once(connection) {
    await connection.execute('bare', [anyRow()]);
  },
};

/** The limit of an operation that has to write two rows. */
export const twoBareUpdates: Work = {
  statements: bareUpdate.statements,
  async once(connection) {
    await connection.execute('bare', [anyRow()]);
    await connection.execute('bare', [anyRow()]);
  },
};

const RESERVE = 'SELECT pair_id FROM reserve($1)';

/** The design of the product. */
export const reserve: Work = {
  statements: { reserve: RESERVE },
  async once(connection) {
    const row = await connection.execute('reserve', [uuid()]);
    if (row === null) throw new Error('The pool became empty during the measurement.');
  },
};

export const reserveAndMark: Work = {
  statements: { reserve: RESERVE, mark: 'SELECT mark_used($1, $2)' },
  async once(connection) {
    const id = uuid();
    const row = await connection.execute('reserve', [id]);
    if (row === null) throw new Error('The pool became empty during the measurement.');
    const marked = await connection.execute('mark', [id, int64(BigInt(row[0] ?? 0))]);
    if (marked?.[0] !== 't') throw new Error('A pair could not be marked used.');
  },
};

/**
 * The usual queue query: an index on the status, and the lowest id with SKIP LOCKED
 * (docs/design.md#how-a-pair-is-reserved).
 */
export const usualQueueQuery: Work = {
  statements: {
    take: `
      UPDATE token_pool
      SET status = 'RESERVED', reserved_at = now()
      WHERE id = (
        SELECT id FROM token_pool WHERE status = 'AVAILABLE' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
      )
      RETURNING id, internal_token, external_reference
    `,
  },
  async once(connection) {
    const row = await connection.execute('take', []);
    if (row === null) throw new Error('The table became empty during the measurement.');
  },
};
