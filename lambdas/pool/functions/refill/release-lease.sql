-- Ends the lease at once. At no time of any clock is it held any more, so a clock that is set back later does not revive it.
CREATE OR REPLACE FUNCTION release_lease(p_job text, p_fencing bigint) RETURNS void LANGUAGE sql AS $$
  UPDATE job_lease SET expires_at = '-infinity' WHERE job = p_job AND fencing = p_fencing
$$;
