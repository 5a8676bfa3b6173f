import type { Sql } from '../../../lambdas/pool/database/database.ts';

const ACTIVATION_CHUNK = 200;

/** Acquires the lease of the prefetch. Returns its fencing number. */
export async function takeLease(sql: Sql): Promise<bigint> {
  const [lease] = await sql<{ fencing: bigint }[]>`SELECT acquire_lease('prefetch', 'capacity', 3600) AS fencing`;
  if (lease === undefined) throw new Error('The lease of a fresh database is free.');
  return lease.fencing;
}

/**
 * Adds one batch of pairs with the database functions of a refill. Tokens are random and have the
 * simulator's length; `from` is the number of the first pair.
 */
export async function prefetchPairs(
  sql: Sql,
  fencing: bigint,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<void> {
  await sql`
    WITH fresh AS (
      SELECT
        'it_' || left(translate(encode(sha256(('internal' || number)::bytea), 'base64'), '+/=', 'abc'), 25) AS internal_token,
        '93' || lpad((('x' || left(md5('reference' || number), 13))::bit(52)::bigint % 100000000000000)::text, 14, '0') AS reference
      FROM generate_series(${from}::int, ${from + count - 1}::int) AS number
    )
    SELECT stage_pairs(
      ${fencing}, '{}', array_agg(internal_token), array_agg(NULL::timestamptz),
      array_agg(reference), array_agg(NULL::timestamptz), '{}', '{}', 0
    )
    FROM fresh
  `;
  for (let activated = 0; activated < count; activated += ACTIVATION_CHUNK) {
    await sql`SELECT activate_pairs(${fencing}, ARRAY(SELECT pair_id FROM staged_pair LIMIT ${ACTIVATION_CHUNK}))`;
  }
}

/** Reserves and marks used as many pairs, in separate transactions, as requests do. */
export async function createCards(sql: Sql, cards: number): Promise<void> {
  // Safe to insert as text, because it is a number. A DO block takes no parameters.
  await sql.unsafe(`
    DO $$
    DECLARE
      reservation uuid;
      taken record;
    BEGIN
      FOR card IN 1..${Math.trunc(cards)} LOOP
        reservation := gen_random_uuid();
        SELECT * INTO STRICT taken FROM reserve(reservation);
        COMMIT;
        PERFORM mark_used(reservation, taken.pair_id);
        COMMIT;
      END LOOP;
    END $$
  `);
}

/** Takes and closes all events in batches, as the relay does. */
export async function relayEvents(sql: Sql): Promise<void> {
  for (;;) {
    const taken = await sql<{ pairId: bigint }[]>`SELECT pair_id AS "pairId" FROM take_events(100, 30)`;
    if (taken.length === 0) return;
    await sql`SELECT close_events(${`{${taken.map(({ pairId }) => pairId).join(',')}}`}::bigint[])`;
  }
}
