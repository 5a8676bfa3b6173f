-- M2. Every count is of a shelf, and the used pairs are counted by their events, so nothing here grows with the used pairs (brief 6). Consumption now
-- is the difference to the oldest sample of the last five minutes; its peak is the highest five minutes of the last hour, so that a target
-- that followed a peak does not fall with the first quiet minute. All by the database's clock.
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
      (SELECT count(*) FROM staged_pair) AS staged,
      (SELECT count(*) FROM available_pair) AS available,
      (SELECT count(*) FROM reservation) AS reserved,
      (SELECT sent FROM sent_event_count) + (SELECT count(*) FROM outbox_event) AS used,
      (SELECT count(*) FROM quarantined_pair) AS quarantined,
      (SELECT extract(epoch FROM now() - min(reserved_at)) FROM reservation) AS oldest_reserved_seconds,
      (SELECT extract(epoch FROM now() - min(occurred_at)) FROM outbox_event) AS oldest_event_seconds
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
    WHERE sampled_at > now() - interval '65 minutes'
    GROUP BY 1
  ),
  rate AS (
    SELECT
      coalesce((SELECT (level.used - earlier.used) * 60 / age_seconds FROM earlier), 0) AS now,
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
        WHERE started_at > now() - interval '1 day'
      ) AS refilled
    FROM level
  )
  SELECT
    staged,
    available,
    reserved,
    used,
    quarantined,
    coalesce(round(oldest_reserved_seconds, 3), 0),
    coalesce(round(oldest_event_seconds, 3), 0),
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
