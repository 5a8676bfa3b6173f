-- Seconds until the caller's budget has room for one more unit; 0 when it has room now. Changes nothing.
-- A row further ahead than two windows can only come from a clock that was set back since (or from a longer window in the settings
-- of before), and counts as a full budget. A step of less than a window makes a caller wait for that step at most.
-- The millisecond makes up for p_window_seconds / p_limit being rounded to microseconds.
-- In PL/pgSQL, because every lookup and detokenize asks it: its plan is kept for the session, which an SQL function's is not.
CREATE OR REPLACE FUNCTION caller_budget_wait(p_caller text, p_kind text, p_limit int, p_window_seconds float8)
RETURNS float8 LANGUAGE plpgsql STABLE AS $$
DECLARE
  full_at pg_catalog.timestamptz;
BEGIN
  SELECT budget.spent_until INTO full_at
    FROM caller_budget AS budget
    WHERE budget.caller = p_caller AND budget.kind = p_kind;
  IF full_at IS NULL OR full_at > now() + 2 * make_interval(secs => p_window_seconds) THEN
    RETURN 0;
  END IF;
  RETURN greatest(0, extract(epoch FROM full_at - now()) - p_window_seconds * (p_limit - 1) / p_limit - 0.001);
END $$;
