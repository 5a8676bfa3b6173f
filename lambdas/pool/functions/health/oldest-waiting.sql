-- Returns when the oldest open reservation was made, and when the oldest unsent event occurred.
--
-- Events are read in the order in which they are due: the next 1,000, and 1,000 that are leased or
-- postponed. In normal operation fewer wait. With a large backlog the result is nearly exact,
-- because an event that was never taken is due since it occurred.
CREATE OR REPLACE FUNCTION oldest_waiting(OUT reserved_at timestamptz, OUT occurred_at timestamptz) LANGUAGE sql STABLE
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
AS $$
  SELECT
    (SELECT reservation.reserved_at FROM reservation ORDER BY reservation.reserved_at LIMIT 1),
    (
      SELECT min(waiting.occurred_at)
      FROM (
        (
          SELECT outbox_event.occurred_at
          FROM outbox_event
          WHERE not_before >= (SELECT CASE WHEN due_from > now() THEN '-infinity' ELSE due_from END FROM outbox_cursor)
          ORDER BY not_before, pair_id
          LIMIT 1000
        )
        UNION ALL
        (
          SELECT outbox_event.occurred_at
          FROM outbox_event
          WHERE not_before > now()
          ORDER BY not_before, pair_id
          LIMIT 1000
        )
      ) AS waiting
    )
$$;
