-- M1: RESERVED -> QUARANTINED for reservations older than the horizon, p_limit at most; how many. Never back to AVAILABLE: the request that held
-- the pair may have reached NS1, or may reach it yet (rule 1). Its owner can still finish it later, because the pair keeps the
-- reservation's id. One that its owner is finishing just now is locked, and skipped. The materialized CTEs keep it to p_limit rows.
--
-- A reservation that is dated further ahead than the horizon was made while the clock was ahead. Its age is unknown, so it goes to
-- quarantine too, which is safe for the reason above; otherwise it would wait until the clock has caught up.
--
-- Bounded at any backlog: the oldest come from the index on reserved_at. The planner's settings keep it to that index, because the
-- planner takes an unknown limit for a tenth of the table.
CREATE OR REPLACE FUNCTION settle_reservations(p_horizon_seconds float8, p_limit int) RETURNS int LANGUAGE sql
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
  WITH overdue AS MATERIALIZED (
    SELECT id
    FROM reservation
    WHERE reserved_at < now() - make_interval(secs => p_horizon_seconds)
    ORDER BY reserved_at
    LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  ),
  ahead AS MATERIALIZED (
    SELECT id
    FROM reservation
    WHERE reserved_at > now() + make_interval(secs => greatest(p_horizon_seconds, 60))
    ORDER BY reserved_at
    LIMIT p_limit - (SELECT count(*) FROM overdue)
    FOR UPDATE SKIP LOCKED
  ),
  stale AS (
    SELECT id FROM overdue
    UNION ALL
    SELECT id FROM ahead
  ),
  closed AS (
    DELETE FROM reservation
    USING stale
    WHERE reservation.id = stale.id
    RETURNING reservation.id, reservation.pair_id, reservation.reserved_at
  ),
  quarantined AS (
    UPDATE pair
    SET
      state = 'QUARANTINED',
      reservation_id = closed.id,
      reserved_at = closed.reserved_at,
      reason = 'stale-reservation',
      quarantined_at = now()
    FROM closed
    WHERE pair.id = closed.pair_id
    RETURNING pair.id
  ),
  shelved AS (
    INSERT INTO quarantined_pair (pair_id)
    SELECT id FROM quarantined
    RETURNING pair_id
  )
  SELECT count(*)::int FROM shelved
$$;
