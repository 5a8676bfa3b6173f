import type { Sql } from './database.ts';

/** Expired idempotency keys with their fingerprints (rule 6), seconds of the direct budget, and old settled prefetch calls. */
export async function forgetOldRequests(sql: Sql): Promise<number> {
  const [forgotten] = await sql<{ keys: number }[]>`
    WITH keys AS (DELETE FROM idempotency_key WHERE expires_at < now() RETURNING 1),
      seconds AS (DELETE FROM direct_path_second WHERE second < now() - interval '1 minute'),
      calls AS (DELETE FROM prefetch_call WHERE stored_at < now() - interval '30 days')
    SELECT count(*)::int AS keys FROM keys
  `;
  return forgotten?.keys ?? 0;
}
