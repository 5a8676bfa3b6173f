-- One sample of the level, for the rates. Samples of the future were taken before the clock was set back, and would spoil the rates
-- once more when the clock comes to them; purge_expired removes the old ones.
CREATE OR REPLACE FUNCTION sample_pool(p_available bigint, p_used bigint) RETURNS void LANGUAGE sql AS $$
  WITH ahead AS (DELETE FROM pool_sample WHERE sampled_at > now())
  INSERT INTO pool_sample (available, used) VALUES (p_available, p_used) ON CONFLICT DO NOTHING
$$;
