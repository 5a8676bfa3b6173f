-- Returns the seconds until a caller's budget has room for one more unit; 0 when it has room now.
-- Changes nothing. spent_until is the time at which the budget is full again.
--
-- A row that is more than two windows ahead counts as a full budget. It was written before the
-- clock was set back, or with a longer window in earlier settings. After a smaller step of the
-- clock a caller waits for that step at most. The millisecond compensates that p_window_seconds /
-- p_limit is rounded to microseconds.
--
-- It is PL/pgSQL because every lookup and detokenize calls it: PL/pgSQL keeps the plan for the
-- session, and an SQL function does not.
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
