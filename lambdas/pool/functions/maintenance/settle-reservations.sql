-- RESERVED -> QUARANTINED for reservations that are older than the horizon, at most p_limit.
-- Returns how many. Never back to AVAILABLE, because the request may have reached NS1 or may still
-- reach it (docs/design.md#an-uncertain-pair-is-never-offered-again). The owner can still use its
-- pair later, because the pair keeps the reservation id.
--
-- A reservation that is dated further in the future than the horizon was made before the clock was
-- set back. Its age is unknown, so it is quarantined too. Otherwise it would wait until the clock
-- has caught up.
--
-- Concurrency: a reservation that its owner is finishing now is locked, and is skipped.
--
-- Bounded for any backlog: the index on reserved_at returns the oldest reservations. The planner
-- settings enforce that index: the planner assumes that an unknown limit means a tenth of the
-- table. The materialized CTEs limit the work to p_limit rows.
--
-- Safe to repeat: a second execution finds the next reservations.
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
  recorded AS (
    INSERT INTO quarantined_pair (pair_id)
    SELECT id FROM quarantined
    RETURNING pair_id
  )
  SELECT count(*)::int FROM recorded
$$;
