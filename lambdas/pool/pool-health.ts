import type { PoolHealth } from '../tokenization/pool-health.ts';
import type { Sql } from './database.ts';

/**
 * M2. Every count is of a shelf, and the used pairs are counted by their events, so nothing here grows with the used pairs (brief 6). The
 * consumption is the difference to the oldest sample of the last few minutes, by the database's clock.
 */
export async function readPoolHealth(sql: Sql): Promise<PoolHealth> {
  const [health] = await sql<PoolHealth[]>`
    WITH level AS (
      SELECT
        (SELECT count(*) FROM staged_pair) AS staged,
        (SELECT count(*) FROM available_pair) AS available,
        (SELECT count(*) FROM reservation) AS reserved,
        (SELECT sent FROM sent_event_count) + (SELECT count(*) FROM outbox_event) AS used,
        (SELECT count(*) FROM quarantined_pair) AS quarantined,
        (SELECT extract(epoch FROM now() - min(reserved_at)) FROM reservation) AS oldest_reserved_seconds,
        (SELECT extract(epoch FROM now() - min(occurred_at)) FROM outbox_event) AS oldest_event_seconds
    ),
    earlier AS (
      SELECT used, extract(epoch FROM now() - sampled_at) AS age_seconds
      FROM pool_sample
      WHERE sampled_at BETWEEN now() - interval '5 minutes' AND now() - interval '5 seconds'
      ORDER BY sampled_at
      LIMIT 1
    ),
    rate AS (
      SELECT coalesce((level.used - earlier.used) * 60 / earlier.age_seconds, 0) AS consumed_per_minute
      FROM level LEFT JOIN earlier ON true
    )
    SELECT
      staged::float8,
      available::float8,
      reserved::float8,
      used::float8,
      quarantined::float8,
      coalesce(round(oldest_reserved_seconds::numeric, 3), 0)::float8 AS "oldestReservedSeconds",
      coalesce(round(oldest_event_seconds::numeric, 3), 0)::float8 AS "oldestEventSeconds",
      EXISTS (SELECT 1 FROM refill_request) AS "refillRequested",
      round(consumed_per_minute::numeric, 2)::float8 AS "consumedPerMinute",
      CASE
        WHEN available = 0 THEN 0
        WHEN consumed_per_minute > 0 THEN round((available / consumed_per_minute)::numeric, 2)
      END::float8 AS "minutesToEmpty"
    FROM level, rate
  `;
  if (health === undefined) throw new Error('The health statement always gives one row.');
  return health;
}

/** One sample of the level, for the rates; samples older than a day go. */
export async function samplePool(sql: Sql, { available, used }: PoolHealth): Promise<void> {
  await sql`
    WITH forgotten AS (DELETE FROM pool_sample WHERE sampled_at < now() - interval '1 day')
    INSERT INTO pool_sample (available, used) VALUES (${available}, ${used}) ON CONFLICT DO NOTHING
  `;
}
