-- Records how long a refill took and how many pairs it activated. The next low-water mark is
-- computed from these rows.
--
-- Repeated after a lost commit it may add a second row, which is harmless.
CREATE OR REPLACE FUNCTION note_refill(p_duration_seconds float8, p_activated int) RETURNS void LANGUAGE sql AS $$
  INSERT INTO refill_run (started_at, activated)
  VALUES (now() - make_interval(secs => p_duration_seconds), p_activated)
  ON CONFLICT DO NOTHING
$$;
