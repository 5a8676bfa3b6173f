import { randomBytes } from 'node:crypto';
import type { Work } from './client-load.ts';
import { int64, type WireConnection, type WireRow } from './wire-connection.ts';

/** A way to reserve and to mark used that is not shipped, or is shipped only in part. */
export interface TriedDesign {
  readonly name: string;
  /** What is done to a migrated database first. */
  readonly setup: string;
  /** After each refill; the shelf of some designs is another table. */
  readonly shelve?: string;
  readonly reserve: Work;
  readonly reserveAndMark: Work;
}

/** Rows that were drawn before they were there are passed over, as the shipped function does inside. */
const MOST_DRAWS = 1_000;

async function draw(take: () => Promise<WireRow | null>): Promise<WireRow> {
  for (let count = 0; count < MOST_DRAWS; count += 1) {
    const row = await take();
    if (row !== null && row[0] !== null) return row;
  }
  throw new Error('The pool ran dry while it was measured.');
}

async function marked(connection: WireConnection, id: Buffer, key: bigint): Promise<void> {
  const row = await connection.execute('mark', [id, int64(key)]);
  if (row?.[0] !== 't') throw new Error('A pair could not be marked used.');
}

/** Takes a pair by its reservation's id and marks it by the pair's id. */
function byFunction(name: string, setup: string, reserve: string, mark: string): TriedDesign {
  const take = (connection: WireConnection, id: Buffer): Promise<WireRow> =>
    draw(() => connection.execute('reserve', [id]));
  return {
    name,
    setup,
    reserve: {
      statements: { reserve },
      async once(connection) {
        await take(connection, randomBytes(16));
      },
    },
    reserveAndMark: {
      statements: { reserve, mark },
      async once(connection) {
        const id = randomBytes(16);
        const [pairId] = await take(connection, id);
        await marked(connection, id, BigInt(pairId ?? 0));
      },
    },
  };
}

/** The client holds a ticket, and each answer brings the next one: the row is updated where it stands. */
function byHeldTicket(name: string, setup: string, shelve: string, reserve: string, mark: string): TriedDesign {
  const tickets = new WeakMap<WireConnection, bigint>();
  const statements = { reserve, mark, ticket: "SELECT nextval('held_ticket')" };
  const take = async (connection: WireConnection, id: Buffer): Promise<bigint> => {
    let ticket = tickets.get(connection) ?? 0n;
    const row = await draw(async () => {
      if (ticket === 0n) ticket = BigInt((await connection.execute('ticket', []))?.[0] ?? 0);
      const taken = await connection.execute('reserve', [id, int64(ticket)]);
      if (taken === null) ticket = 0n;
      return taken;
    });
    tickets.set(connection, BigInt(row[1] ?? 0));
    return ticket;
  };
  return {
    name,
    setup,
    shelve,
    reserve: {
      statements,
      async once(connection) {
        await take(connection, randomBytes(16));
      },
    },
    reserveAndMark: {
      statements,
      async once(connection) {
        const id = randomBytes(16);
        await marked(connection, id, await take(connection, id));
      },
    },
  };
}

const RESERVE = 'SELECT pair_id FROM reserve($1)';
const MARK = 'SELECT mark_used($1, $2)';

const ONE_STATEMENT = `
  WITH taken AS (
    DELETE FROM available_pair
    WHERE ticket = (SELECT nextval('pool_ticket')) AND (expires_at IS NULL OR expires_at > now())
    RETURNING *
  ),
  opened AS (INSERT INTO reservation (id, pair_id) SELECT $1::uuid, pair_id FROM taken)
  SELECT pair_id, internal_token, card_reference FROM taken
`;

const REGISTRY_AT_ONCE = `
  CREATE FUNCTION mark_in_registry(p_id uuid, p_pair_id bigint) RETURNS boolean LANGUAGE plpgsql AS $$
  DECLARE
    opened_at timestamptz;
  BEGIN
    DELETE FROM reservation WHERE id = p_id AND pair_id = p_pair_id RETURNING reserved_at INTO opened_at;
    UPDATE pair
      SET state = 'USED', reservation_id = p_id, reserved_at = opened_at, used_at = now()
      WHERE id = p_pair_id AND state = 'POOLED';
    INSERT INTO outbox_event (pair_id) VALUES (p_pair_id);
    RETURN FOUND;
  END $$;
`;

const HELD_TICKET = `
  CREATE SEQUENCE held_ticket;
  CREATE TABLE shelf (
    ticket bigint PRIMARY KEY, pair_id bigint NOT NULL UNIQUE, internal_token text NOT NULL, card_reference text NOT NULL,
    reservation_id uuid, reserved_at timestamptz, used_at timestamptz
  ) WITH (fillfactor = 35);
  CREATE FUNCTION take_held(p_id uuid, p_ticket bigint) RETURNS TABLE (pair_id bigint, next_ticket bigint)
  LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  BEGIN
    RETURN QUERY
      UPDATE shelf SET reservation_id = p_id, reserved_at = now()
      WHERE ticket = p_ticket AND (reservation_id IS NULL OR reservation_id = p_id)
      RETURNING pair_id, nextval('held_ticket');
  END $$;
  CREATE FUNCTION mark_held(p_id uuid, p_ticket bigint) RETURNS boolean LANGUAGE plpgsql AS $$
  BEGIN
    UPDATE shelf SET used_at = now() WHERE ticket = p_ticket AND reservation_id = p_id AND used_at IS NULL;
    RETURN FOUND;
  END $$;
`;
const SHELVE_HELD = `
  WITH gone AS (DELETE FROM available_pair RETURNING *)
  INSERT INTO shelf (ticket, pair_id, internal_token, card_reference)
  SELECT
    greatest((SELECT last_value FROM held_ticket), (SELECT coalesce(max(ticket), 0) FROM shelf))
      + row_number() OVER (ORDER BY internal_token),
    pair_id, internal_token, card_reference
  FROM gone
`;

/** docs/performance.md says what came of each. */
export const TRIED: readonly TriedDesign[] = [
  byFunction('shipped', '', RESERVE, MARK),
  byFunction('mark_used updates the registry at once', REGISTRY_AT_ONCE, RESERVE, 'SELECT mark_in_registry($1, $2)'),
  byFunction(
    'no index on a reservation’s pair',
    'ALTER TABLE reservation DROP CONSTRAINT reservation_pair_id_key',
    RESERVE,
    MARK,
  ),
  byFunction(
    'functions with a search path of their own',
    'ALTER FUNCTION reserve SET search_path = public, pg_temp; ALTER FUNCTION mark_used SET search_path = public, pg_temp',
    RESERVE,
    MARK,
  ),
  byFunction('reserve as one plain statement', '', ONE_STATEMENT, MARK),
  byHeldTicket(
    'the client holds the ticket, rows are updated in place',
    HELD_TICKET,
    SHELVE_HELD,
    'SELECT pair_id, next_ticket FROM take_held($1, $2)',
    'SELECT mark_held($1, $2)',
  ),
];
