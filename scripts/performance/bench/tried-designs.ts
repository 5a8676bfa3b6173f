import { randomBytes } from 'node:crypto';
import type { Work } from './client-load.ts';
import { int64, type WireConnection, type WireRow } from './wire-connection.ts';

/** A design for reserve and mark used that is not part of the product, or only partly. */
export interface TriedDesign {
  readonly name: string;
  /** SQL that changes a migrated database to this design. */
  readonly setup: string;
  /**
   * SQL that runs after each refill, because some designs keep available pairs in another table.
   */
  readonly afterRefill?: string;
  readonly reserve: Work;
  readonly reserveAndMark: Work;
}

/** Tickets without a row are skipped, as the function of the product does. */
const MAX_DRAWS = 1_000;

async function drawTicket(take: () => Promise<WireRow | null>): Promise<WireRow> {
  for (let count = 0; count < MAX_DRAWS; count += 1) {
    const row = await take();
    if (row !== null && row[0] !== null) return row;
  }
  throw new Error('The pool became empty during the measurement.');
}

async function markUsed(connection: WireConnection, id: Buffer, key: bigint): Promise<void> {
  const row = await connection.execute('mark', [id, int64(key)]);
  if (row?.[0] !== 't') throw new Error('A pair could not be marked used.');
}

/** A design whose reservation is marked by its id and the id of its pair. */
function byFunction(name: string, setup: string, reserve: string, mark: string): TriedDesign {
  const take = (connection: WireConnection, id: Buffer): Promise<WireRow> =>
    drawTicket(() => connection.execute('reserve', [id]));
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
        await markUsed(connection, id, BigInt(pairId ?? 0));
      },
    },
  };
}

/**
 * A design in which the client keeps a ticket, and each answer has the next one. The row is updated
 * in place.
 */
function byHeldTicket(name: string, setup: string, afterRefill: string, reserve: string, mark: string): TriedDesign {
  const tickets = new WeakMap<WireConnection, bigint>();
  const statements = { reserve, mark, ticket: "SELECT nextval('held_ticket')" };
  const take = async (connection: WireConnection, id: Buffer): Promise<bigint> => {
    let ticket = tickets.get(connection) ?? 0n;
    const row = await drawTicket(async () => {
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
    afterRefill,
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
        await markUsed(connection, id, await take(connection, id));
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
  CREATE TABLE held_pair (
    ticket bigint PRIMARY KEY, pair_id bigint NOT NULL UNIQUE, internal_token text NOT NULL, card_reference text NOT NULL,
    reservation_id uuid, reserved_at timestamptz, used_at timestamptz
  ) WITH (fillfactor = 35);
  CREATE FUNCTION take_held(p_id uuid, p_ticket bigint) RETURNS TABLE (pair_id bigint, next_ticket bigint)
  LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  BEGIN
    RETURN QUERY
      UPDATE held_pair SET reservation_id = p_id, reserved_at = now()
      WHERE ticket = p_ticket AND (reservation_id IS NULL OR reservation_id = p_id)
      RETURNING pair_id, nextval('held_ticket');
  END $$;
  CREATE FUNCTION mark_held(p_id uuid, p_ticket bigint) RETURNS boolean LANGUAGE plpgsql AS $$
  BEGIN
    UPDATE held_pair SET used_at = now() WHERE ticket = p_ticket AND reservation_id = p_id AND used_at IS NULL;
    RETURN FOUND;
  END $$;
`;
const FILL_HELD_PAIRS = `
  WITH gone AS (DELETE FROM available_pair RETURNING *)
  INSERT INTO held_pair (ticket, pair_id, internal_token, card_reference)
  SELECT
    greatest((SELECT last_value FROM held_ticket), (SELECT coalesce(max(ticket), 0) FROM held_pair))
      + row_number() OVER (ORDER BY internal_token),
    pair_id, internal_token, card_reference
  FROM gone
`;

/** docs/performance.md has the results of each. */
export const TRIED: readonly TriedDesign[] = [
  byFunction('shipped', '', RESERVE, MARK),
  byFunction(
    'mark_used updates the registry immediately',
    REGISTRY_AT_ONCE,
    RESERVE,
    'SELECT mark_in_registry($1, $2)',
  ),
  byFunction(
    'no index on a reservation’s pair',
    'ALTER TABLE reservation DROP CONSTRAINT reservation_pair_id_key',
    RESERVE,
    MARK,
  ),
  byFunction(
    'functions with their own search path',
    'ALTER FUNCTION reserve SET search_path = public, pg_temp; ALTER FUNCTION mark_used SET search_path = public, pg_temp',
    RESERVE,
    MARK,
  ),
  byFunction('reserve as one plain statement', '', ONE_STATEMENT, MARK),
  byHeldTicket(
    'the client holds the ticket, rows are updated in place',
    HELD_TICKET,
    FILL_HELD_PAIRS,
    'SELECT pair_id, next_ticket FROM take_held($1, $2)',
    'SELECT mark_held($1, $2)',
  ),
];
