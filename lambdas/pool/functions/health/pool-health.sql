-- Returns the pool's levels and rates. Each count is of a table that holds one state only, and used
-- pairs are counted by their events, so the time does not grow with the number of used pairs
-- (docs/design.md#numbers). row_count says how each count is bounded.
--
-- Consumption now is the difference to the oldest sample of the last five minutes. Its peak is the
-- highest five minutes of the last hour, so that the target does not fall in the first quiet minute
-- after a peak. All times are the database's. After the clock was set back, negative values are 0.
CREATE OR REPLACE FUNCTION pool_health(
  OUT staged float8,
  OUT available float8,
  OUT reserved float8,
  OUT used float8,
  OUT quarantined float8,
  OUT oldest_reserved_seconds float8,
  OUT oldest_event_seconds float8,
  OUT refill_requested boolean,
  OUT consumed_per_minute float8,
  OUT peak_consumed_per_minute float8,
  OUT refilled_per_minute float8,
  OUT minutes_to_empty float8
) LANGUAGE sql STABLE AS $$
  WITH level AS (
    SELECT
      row_count('staged_pair') AS staged,
      row_count('available_pair') AS available,
      row_count('reservation') AS reserved,
      (SELECT sent FROM sent_event_count) + row_count('outbox_event') AS used,
      row_count('quarantined_pair') AS quarantined,
      extract(epoch FROM now() - oldest_waiting.reserved_at) AS oldest_reserved_seconds,
      extract(epoch FROM now() - oldest_waiting.occurred_at) AS oldest_event_seconds
    FROM oldest_waiting()
  ),
  earlier AS (
    SELECT pool_sample.used, extract(epoch FROM now() - sampled_at) AS age_seconds
    FROM pool_sample
    WHERE sampled_at BETWEEN now() - interval '5 minutes' AND now() - interval '5 seconds'
    ORDER BY sampled_at
    LIMIT 1
  ),
  minutely AS (
    SELECT date_trunc('minute', sampled_at) AS minute, max(pool_sample.used) AS used
    FROM pool_sample
    WHERE sampled_at BETWEEN now() - interval '65 minutes' AND now()
    GROUP BY 1
  ),
  rate AS (
    SELECT
      greatest(coalesce((SELECT (level.used - earlier.used) * 60 / age_seconds FROM earlier), 0), 0) AS now,
      coalesce(
        (
          SELECT max((later.used - sooner.used) / 5.0)
          FROM minutely AS later
          JOIN minutely AS sooner ON sooner.minute = later.minute - interval '5 minutes'
        ),
        0
      ) AS peak,
      (
        SELECT sum(activated) * 60 / nullif(sum(extract(epoch FROM ended_at - started_at)), 0)
        FROM refill_run
        WHERE started_at BETWEEN now() - interval '1 day' AND now()
      ) AS refilled
    FROM level
  )
  SELECT
    staged,
    available,
    reserved,
    used,
    quarantined,
    greatest(coalesce(round(oldest_reserved_seconds, 3), 0), 0),
    greatest(coalesce(round(oldest_event_seconds, 3), 0), 0),
    EXISTS (SELECT FROM refill_request),
    round(rate.now, 2),
    round(greatest(rate.now, rate.peak), 2),
    round(rate.refilled, 2),
    CASE
      WHEN available = 0 THEN 0
      WHEN rate.now > 0 THEN round(available / rate.now, 2)
    END
  FROM level, rate
$$;
