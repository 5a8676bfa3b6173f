-- Takes events in hand for so many seconds; two relays never hold the same one at once. The materialized CTE keeps it to p_limit rows, which a
-- plain sub-select under SKIP LOCKED does not. A relay that dies lets its events go when the time is over: at least once.
CREATE OR REPLACE FUNCTION take_events(p_limit int, p_lease_seconds float8)
RETURNS TABLE (pair_id bigint, card_reference text, occurred_at timestamptz)
LANGUAGE sql AS $$
  WITH due AS MATERIALIZED (
    SELECT pair_id
    FROM outbox_event
    WHERE not_before <= now()
    ORDER BY occurred_at
    LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  )
  UPDATE outbox_event
  SET attempts = attempts + 1, not_before = now() + make_interval(secs => p_lease_seconds)
  FROM due
  JOIN pair ON pair.id = due.pair_id
  WHERE outbox_event.pair_id = due.pair_id
  RETURNING outbox_event.pair_id, pair.card_reference, outbox_event.occurred_at
$$;
