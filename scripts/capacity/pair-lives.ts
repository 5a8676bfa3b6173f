import type { Sql } from '../../lambdas/pool/database.ts';

const BATCH = 5_000;
const ACTIVATION_CHUNK = 200;

/** Stages and activates by the refill's functions and in its batches, with random tokens of the simulator's length. */
export async function prefetchPairs(sql: Sql, pairs: number): Promise<void> {
  const [lease] = await sql<{ fencing: bigint }[]>`SELECT acquire_lease('prefetch', 'capacity', 3600) AS fencing`;
  const fencing = lease?.fencing ?? 0n;
  for (let staged = 0; staged < pairs; staged += BATCH) {
    const count = Math.min(BATCH, pairs - staged);
    await sql`
      WITH fresh AS (
        SELECT
          'it_' || left(translate(encode(sha256(('internal' || number)::bytea), 'base64'), '+/=', 'abc'), 25) AS internal_token,
          '9' || lpad((('x' || left(md5('reference' || number), 13))::bit(52)::bigint % 1000000000000000)::text, 15, '0') AS reference
        FROM generate_series(${staged + 1}::int, ${staged + count}::int) AS number
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
}

/** Reserves and marks used as many pairs, one transaction each, as requests do. */
export async function giveCards(sql: Sql, cards: number): Promise<void> {
  // A whole number of ours: a DO block takes no parameters.
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

/** Takes and closes all events in the relay's batches. */
export async function relayEvents(sql: Sql): Promise<void> {
  for (;;) {
    const taken = await sql<{ pairId: bigint }[]>`SELECT pair_id AS "pairId" FROM take_events(100, 30)`;
    if (taken.length === 0) return;
    await sql`SELECT close_events(${`{${taken.map(({ pairId }) => pairId).join(',')}}`}::bigint[])`;
  }
}
