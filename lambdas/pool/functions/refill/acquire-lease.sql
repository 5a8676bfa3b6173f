-- Takes the lease of a job for one run. Returns its number, which increases with each run, or NULL
-- when another run holds the lease. A lease can be taken when it is free, has expired, or belongs
-- to this holder.
--
-- It is a row and not an advisory lock, because an advisory lock would pin a connection of RDS
-- Proxy.
--
-- A lease that ends later than a new one would end was written before the clock was set back, and
-- its age is unknown. It is taken over at once: the higher number stops its holder if that still
-- runs. Otherwise no run could start until the clock has caught up. One second is tolerated for
-- corrections of the clock.
--
-- Safe to repeat: after a lost commit the lease belongs to this holder.
CREATE OR REPLACE FUNCTION acquire_lease(p_job text, p_holder text, p_lease_seconds float8)
RETURNS bigint LANGUAGE sql AS $$
  INSERT INTO job_lease (job, fencing, holder, expires_at)
  VALUES (p_job, 1, p_holder, now() + make_interval(secs => p_lease_seconds))
  ON CONFLICT (job) DO UPDATE
    SET fencing = job_lease.fencing + 1, holder = excluded.holder, expires_at = excluded.expires_at
    WHERE job_lease.expires_at < now()
      OR job_lease.expires_at > now() + make_interval(secs => p_lease_seconds + 1)
      OR job_lease.holder = excluded.holder
  RETURNING fencing
$$;
