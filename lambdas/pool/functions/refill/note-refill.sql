-- How long a refill took and what it brought: the next low-water mark is made of it. Executed again it finds its own row.
CREATE OR REPLACE FUNCTION note_refill(p_duration_seconds float8, p_activated int) RETURNS void LANGUAGE sql AS $$
  INSERT INTO refill_run (started_at, activated)
  VALUES (now() - make_interval(secs => p_duration_seconds), p_activated)
  ON CONFLICT DO NOTHING
$$;
