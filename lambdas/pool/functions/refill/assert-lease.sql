-- For functions that write under a lease: holds its row until the end of the transaction, so that no other run can take over between this look and the
-- commit. SQLSTATE LEASE tells an overtaken run (rule 7) from every other failure.
CREATE OR REPLACE FUNCTION assert_lease(p_job text, p_fencing bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM job_lease WHERE job = p_job AND fencing = p_fencing FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'job %: the lease % was overtaken', p_job, p_fencing USING ERRCODE = 'LEASE';
  END IF;
END $$;
