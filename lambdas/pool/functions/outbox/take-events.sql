-- Takes events in hand for so many seconds, p_limit at most, in the order in which they are due. Two relays never hold the same
-- one at once: a row that another relay is taking is locked, and skipped. A relay that dies lets its events go when the time is
-- over, so an event is sent at least once.
--
-- Bounded at any backlog: each look reads the index on (not_before, pair_id) in its order and stops at the limit, so it passes
-- neither events in hand nor postponed ones. The look begins at the cursor, so it does not pass index entries of sent events
-- either, which a long snapshot can keep there. The cursor stays a minute behind now(), because a transaction may commit an
-- event whose not_before is older than an event that was taken before. Only when the first look finds too few, the second one
-- looks before the cursor; it is left out while so many dead rows wait for vacuum that passing them would use up the time limit.
-- The last look finds events that were taken while the clock was ahead: no lease is longer than 900 seconds.
--
-- The planner's settings belong to the function, so that its plan depends neither on statistics nor on how much is waiting.
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
  place outbox_cursor;
  head record;
  due bigint[];
  most_dead CONSTANT bigint := 2000000;
BEGIN
  SELECT * INTO place FROM outbox_cursor;
  IF place.due_from > now() THEN
    place.due_from := '-infinity';
  END IF;
  SELECT not_before, pair_id INTO head
    FROM outbox_event
    WHERE (not_before, pair_id) >= (place.due_from, place.pair_from)
    ORDER BY not_before, pair_id
    LIMIT 1;
  due := ARRAY(
    SELECT pair_id
    FROM outbox_event
    WHERE (not_before, pair_id) >= (place.due_from, place.pair_from) AND not_before <= now()
    ORDER BY not_before, pair_id
    LIMIT p_limit
    FOR UPDATE SKIP LOCKED
  );
  IF cardinality(due) < p_limit AND coalesce(pg_stat_get_dead_tuples('outbox_event'::regclass), 0) < most_dead THEN
    due := due || ARRAY(
      SELECT pair_id
      FROM outbox_event
      WHERE (not_before, pair_id) < (place.due_from, place.pair_from)
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
  -- Another relay that is just moving the cursor is not waited for.
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
