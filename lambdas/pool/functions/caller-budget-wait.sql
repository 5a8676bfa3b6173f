-- Seconds until the caller's budget has room for one more unit; 0 when it has room now. Changes nothing.
-- A row further ahead than two windows can only come from a clock that was set back since (or from a longer window in the settings
-- of before), and counts as a full budget. A step of less than a window makes a caller wait for that step at most.
-- The millisecond makes up for p_window_seconds / p_limit being rounded to microseconds.
CREATE OR REPLACE FUNCTION caller_budget_wait(p_caller text, p_kind text, p_limit int, p_window_seconds float8)
RETURNS float8 LANGUAGE sql STABLE AS $$
  SELECT coalesce(
    (
      SELECT
        CASE
          WHEN spent_until > now() + 2 * make_interval(secs => p_window_seconds) THEN 0
          ELSE greatest(
            0,
            extract(epoch FROM spent_until - now())
              - p_window_seconds * (p_limit - 1) / p_limit
              - 0.001
          )
        END
      FROM caller_budget
      WHERE caller = p_caller AND kind = p_kind
    ),
    0
  )::float8
$$;
