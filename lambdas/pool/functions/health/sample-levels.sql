-- One sample of the levels, with the pairs in quarantine: for the rates, and for how many pairs go to quarantine in an hour.
CREATE OR REPLACE FUNCTION sample_levels(p_available bigint, p_used bigint, p_quarantined bigint) RETURNS void
LANGUAGE sql AS $$
  WITH ahead AS (DELETE FROM pool_sample WHERE sampled_at > now())
  INSERT INTO pool_sample (available, used, quarantined)
  VALUES (p_available, p_used, p_quarantined)
  ON CONFLICT DO NOTHING
$$;
