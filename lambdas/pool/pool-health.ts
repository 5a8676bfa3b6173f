import type { PoolHealth } from '../tokenization/pool-health.ts';
import type { Sql } from './database.ts';

/** M2, as `functions/pool-health.sql` counts it. */
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
  if (health === undefined) throw new Error('The health function always gives one row.');
  return health;
}

/** One sample of the level, which the rates are made of. */
export async function samplePool(sql: Sql, { available, used }: PoolHealth): Promise<void> {
  await sql`SELECT sample_pool(${available}, ${used})`;
}
