-- Extends the lease of a run. Returns false if another run has taken it over.
--
-- Safe to repeat: a second execution extends it again.
CREATE OR REPLACE FUNCTION renew_lease(p_job text, p_fencing bigint, p_lease_seconds float8)
RETURNS boolean LANGUAGE sql AS $$
  WITH renewed AS (
    UPDATE job_lease
    SET expires_at = now() + make_interval(secs => p_lease_seconds)
    WHERE job = p_job AND fencing = p_fencing
    RETURNING job
  )
  SELECT EXISTS (SELECT FROM renewed)
$$;
