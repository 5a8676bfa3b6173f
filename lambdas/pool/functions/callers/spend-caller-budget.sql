-- Takes one unit of a caller's budget. Returns 0, or the seconds to wait when no unit is left; then
-- it takes nothing. purge_expired deletes rows of budgets that have been full for a day.
--
-- Concurrency: executions take turns by the lock of the row, and the condition reads the row under
-- that lock. So a budget of N gives exactly N units to all functions together.
--
-- Repeated after a lost commit it takes a second unit, which is harmless.
CREATE OR REPLACE FUNCTION spend_caller_budget(p_caller text, p_kind text, p_limit int, p_window_seconds float8)
RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
  whole CONSTANT pg_catalog.interval := make_interval(secs => p_window_seconds);
  one_unit CONSTANT pg_catalog.interval := make_interval(secs => p_window_seconds / p_limit);
BEGIN
  INSERT INTO caller_budget AS budget (caller, kind, spent_until)
    VALUES (p_caller, p_kind, now() + one_unit)
    ON CONFLICT (caller, kind) DO UPDATE
      SET spent_until = one_unit
        + CASE WHEN budget.spent_until > now() + 2 * whole THEN now() ELSE greatest(budget.spent_until, now()) END
      -- The rule of caller_budget_wait, on the locked row instead of the statement's snapshot.
      WHERE budget.spent_until <= now() + whole - one_unit + make_interval(secs => 0.001)
        OR budget.spent_until > now() + 2 * whole;
  IF NOT FOUND THEN
    RETURN greatest(1, caller_budget_wait(p_caller, p_kind, p_limit, p_window_seconds));
  END IF;
  RETURN 0;
END $$;
