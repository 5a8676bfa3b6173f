-- Takes the lease when it is free, has run out, or is the holder's own, each time under a higher number; NULL while another one holds it. A row
-- and not an advisory lock, which would pin a connection of RDS Proxy. Executed again after a lost commit it is the holder's own.
--
-- A lease that ends later than a new one would was renewed before the clock was set back, and nothing tells how long ago that was.
-- It is taken over at once: the higher number stops its holder if it is still at work, and otherwise no run could start until the
-- clock has caught up. A second is allowed for a clock that is only corrected.
CREATE OR REPLACE FUNCTION acquire_lease(p_job text, p_holder text, p_lease_seconds float8) RETURNS bigint LANGUAGE sql AS $$
  INSERT INTO job_lease (job, fencing, holder, expires_at)
  VALUES (p_job, 1, p_holder, now() + make_interval(secs => p_lease_seconds))
  ON CONFLICT (job) DO UPDATE
    SET fencing = job_lease.fencing + 1, holder = excluded.holder, expires_at = excluded.expires_at
    WHERE job_lease.expires_at < now()
      OR job_lease.expires_at > now() + make_interval(secs => p_lease_seconds + 1)
      OR job_lease.holder = excluded.holder
  RETURNING fencing
$$;
