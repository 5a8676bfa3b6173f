-- Stores one sample of the levels, with the pairs in quarantine. The rates and the quarantined
-- pairs of an hour are computed from the samples.
--
-- Samples from the future were taken before the clock was set back. They are deleted, because they
-- would distort the rates when the clock reaches them. purge_expired deletes the old ones.
CREATE OR REPLACE FUNCTION sample_levels(p_available bigint, p_used bigint, p_quarantined bigint) RETURNS void
LANGUAGE sql AS $$
  WITH ahead AS (DELETE FROM pool_sample WHERE sampled_at > now())
  INSERT INTO pool_sample (available, used, quarantined)
  VALUES (p_available, p_used, p_quarantined)
  ON CONFLICT DO NOTHING
$$;
