-- Checks in a function that writes for a run whether the run still holds the lease. Raises SQLSTATE
-- LEASE if another run has taken it over, so that the caller can distinguish this from other
-- errors.
--
-- Concurrency: the row stays locked (FOR SHARE) until the transaction ends, so no other run can
-- take the lease over between this check and the commit.
CREATE OR REPLACE FUNCTION assert_lease(p_job text, p_fencing bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM job_lease WHERE job = p_job AND fencing = p_fencing FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'job %: another run has taken over the lease %', p_job, p_fencing USING ERRCODE = 'LEASE';
  END IF;
END $$;
