-- Leases events to a relay for p_lease_seconds, at most p_limit, in the order in which they are due
-- (not_before). If the relay ends before it closes them, they are due again after the lease. So
-- each event is sent at least once.
--
-- Concurrency: two relays never hold the same event at once. Rows that another relay is taking are
-- locked and skipped.
--
-- Bounded for any backlog: each query reads the index on (not_before, pair_id) in its order and
-- stops at the limit, so it passes neither leased nor postponed events. The first query starts at
-- outbox_cursor, so it does not pass index entries of sent events, which a long snapshot can keep
-- in the index. The cursor stays one minute behind now(), because a transaction may commit an event
-- whose not_before is earlier than that of an event that was taken before. Only when the first
-- query finds too few, the second one searches before the cursor. It is left out while so many dead
-- rows wait for vacuum that passing them would use up the time limit. The last query finds events
-- that were leased while the clock was ahead: no lease is longer than 900 seconds.
--
-- The planner settings fix the plan, so that it depends neither on statistics nor on the backlog.
--
-- Safe to repeat: events whose answer was lost are due again after their lease.
CREATE OR REPLACE FUNCTION take_events(p_limit int, p_lease_seconds float8)
RETURNS TABLE (pair_id bigint, card_reference text, occurred_at timestamptz)
LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  search_from outbox_cursor;
  head record;
  due bigint[];
  most_dead CONSTANT bigint := 2000000;
BEGIN
  SELECT * INTO search_from FROM outbox_cursor;
  IF search_from.due_from > now() THEN
    search_from.due_from := '-infinity';
  END IF;
  SELECT not_before, pair_id INTO head
    FROM outbox_event
    WHERE (not_before, pair_id) >= (search_from.due_from, search_from.pair_from)
    ORDER BY not_before, pair_id
    LIMIT 1;
  due := ARRAY(
    SELECT pair_id
    FROM outbox_event
    WHERE (not_before, pair_id) >= (search_from.due_from, search_from.pair_from) AND not_before <= now()
    ORDER BY not_before, pair_id
    LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  );
  IF cardinality(due) < p_limit AND coalesce(pg_stat_get_dead_tuples('outbox_event'::regclass), 0) < most_dead THEN
    due := due || ARRAY(
      SELECT pair_id
      FROM outbox_event
      WHERE (not_before, pair_id) < (search_from.due_from, search_from.pair_from)
      ORDER BY not_before, pair_id
      LIMIT p_limit - cardinality(due)
      FOR UPDATE SKIP LOCKED
    );
  END IF;
  IF cardinality(due) < p_limit THEN
    due := due || ARRAY(
      SELECT pair_id
      FROM outbox_event
      WHERE not_before > now() + make_interval(secs => greatest(p_lease_seconds, 900))
      ORDER BY not_before, pair_id
      LIMIT p_limit - cardinality(due)
      FOR UPDATE SKIP LOCKED
    );
  END IF;

  IF head.not_before IS NULL OR head.not_before > now() - interval '1 minute' THEN
    SELECT now() - interval '1 minute' AS not_before, 0::bigint AS pair_id INTO head;
  END IF;
  -- Does not wait for another relay that is moving the cursor.
  PERFORM FROM outbox_cursor
    WHERE (due_from, pair_from) < (head.not_before, head.pair_id) OR due_from > now()
    FOR UPDATE SKIP LOCKED;
  IF FOUND THEN
    UPDATE outbox_cursor SET due_from = head.not_before, pair_from = head.pair_id;
  END IF;

  RETURN QUERY
    UPDATE outbox_event
    SET attempts = attempts + 1, not_before = now() + make_interval(secs => p_lease_seconds)
    FROM pair
    WHERE outbox_event.pair_id = ANY (due) AND pair.id = outbox_event.pair_id
    RETURNING outbox_event.pair_id, pair.card_reference, outbox_event.occurred_at;
END $$;
