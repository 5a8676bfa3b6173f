CREATE OR REPLACE FUNCTION release_lease(p_job text, p_fencing bigint) RETURNS void LANGUAGE sql AS $$
  UPDATE job_lease SET expires_at = now() - interval '1 second' WHERE job = p_job AND fencing = p_fencing
$$;
