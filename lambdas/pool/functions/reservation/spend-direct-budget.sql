-- One direct creation out of this second's share, counted for all instances together; false when the share is used up. The row lock on the
-- second makes the count exact, and only an empty pool ever takes it.
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
