-- Takes one creation from the budget of the direct path in this second, counted for all instances
-- together. Returns false when the budget is used up.
--
-- Concurrency: the lock of the row of this second makes the count exact. Only creations that found
-- the pool empty use this row.
--
-- Repeated after a lost commit it takes a second unit, which is harmless.
CREATE OR REPLACE FUNCTION spend_direct_budget(p_creations_per_second int) RETURNS boolean LANGUAGE sql AS $$
  WITH spent AS (
    INSERT INTO direct_path_second (second, creations)
    SELECT date_trunc('second', clock_timestamp()), 1 WHERE p_creations_per_second > 0
    ON CONFLICT (second) DO UPDATE
      SET creations = direct_path_second.creations + 1
      WHERE direct_path_second.creations < p_creations_per_second
    RETURNING creations
  )
  SELECT EXISTS (SELECT FROM spent)
$$;
