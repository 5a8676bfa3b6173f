-- One sample of the level, for the rates; samples older than a day go.
CREATE OR REPLACE FUNCTION sample_pool(p_available bigint, p_used bigint) RETURNS void LANGUAGE sql AS $$
  WITH forgotten AS (DELETE FROM pool_sample WHERE sampled_at < now() - interval '1 day')
  INSERT INTO pool_sample (available, used) VALUES (p_available, p_used) ON CONFLICT DO NOTHING
$$;
