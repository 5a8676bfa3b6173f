-- Ends a lease at once. The end is -infinity, so that a clock that is set back later does not make
-- the lease valid again.
--
-- Safe to repeat: a run that does not hold the lease changes nothing.
CREATE OR REPLACE FUNCTION release_lease(p_job text, p_fencing bigint) RETURNS void LANGUAGE sql AS $$
  UPDATE job_lease SET expires_at = '-infinity' WHERE job = p_job AND fencing = p_fencing
$$;
