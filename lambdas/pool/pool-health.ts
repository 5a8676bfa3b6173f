import type { PoolGrowth, PoolHealth } from '../tokenization/pool-health.ts';
import type { Sql } from './database/database.ts';

/** The levels and rates of the pool (`functions/health/pool-health.sql`). */
export async function readPoolHealth(sql: Sql): Promise<PoolHealth> {
  const [health] = await sql<PoolHealth[]>`
    SELECT
      staged,
      available,
      reserved,
      used,
      quarantined,
      oldest_reserved_seconds AS "oldestReservedSeconds",
      oldest_event_seconds AS "oldestEventSeconds",
      refill_requested AS "refillRequested",
      consumed_per_minute AS "consumedPerMinute",
      peak_consumed_per_minute AS "peakConsumedPerMinute",
      refilled_per_minute AS "refilledPerMinute",
      minutes_to_empty AS "minutesToEmpty"
    FROM pool_health()
  `;
  if (health === undefined) throw new Error('The function pool_health returned no row.');
  return health;
}

/** What must not grow unnoticed (`functions/health/pool-growth.sql`). */
export async function readPoolGrowth(sql: Sql): Promise<PoolGrowth> {
  const [growth] = await sql<PoolGrowth[]>`
    SELECT
      quarantined_last_hour AS "quarantinedLastHour",
      tokens_leaked_last_day AS "tokensLeakedLastDay",
      spare_tokens AS "spareTokens",
      purge_lag_seconds AS "purgeLagSeconds"
    FROM pool_growth()
  `;
  if (growth === undefined) throw new Error('The function pool_growth returned no row.');
  return growth;
}

/** Stores one sample of the levels, from which the rates are computed. */
export async function sampleLevels(sql: Sql, { available, used, quarantined }: PoolHealth): Promise<void> {
  await sql`SELECT sample_levels(${available}, ${used}, ${quarantined})`;
}
