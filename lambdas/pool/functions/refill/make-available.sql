-- Inserts POOLED pairs without a reservation into available_pair, with tickets after all others.
-- Returns how many. Called by activate_pairs and release.
--
-- New tickets start above the last value of the sequence, because no reservation would draw a lower
-- one. Within a batch the tickets follow the random internal tokens, so that pairs with consecutive
-- tickets are not neighbours in pair.
--
-- Pairs whose tickets were drawn in vain are left below the sequence. Each call moves the lowest
-- 200 of those that are more than 2,000 tickets behind to the end, and raises the floor of the
-- search. Until then find_available_ticket finds them. Expired rows stay where they are, for
-- retire_expired.
--
-- Concurrency: the lock of the cursor's row lets one execution at a time assign tickets.
-- Reservations read the cursor without a lock. Moving a row waits for a reservation that is taking
-- it.
CREATE OR REPLACE FUNCTION make_available(p_pair_ids bigint[]) RETURNS int LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  drawn bigint;
  lowest bigint;
  last_ticket bigint;
  inserted int;
  -- Running requests may hold tickets that are this far behind.
  margin CONSTANT bigint := 2000;
BEGIN
  SELECT floor, tail INTO lowest, last_ticket FROM pool_cursor FOR UPDATE;
  SELECT last_value INTO drawn FROM pool_ticket;
  last_ticket := greatest(last_ticket, drawn);
  INSERT INTO available_pair (ticket, pair_id, internal_token, card_reference, expires_at)
    SELECT last_ticket + row_number() OVER (ORDER BY internal_token), id, internal_token, card_reference, expires_at
    FROM pair
    WHERE id = ANY (p_pair_ids);
  GET DIAGNOSTICS inserted = ROW_COUNT;
  last_ticket := last_ticket + inserted;
  IF drawn - margin > lowest THEN
    WITH behind AS (
      SELECT ticket, row_number() OVER (ORDER BY ticket) AS number
      FROM (
        SELECT ticket, expires_at
        FROM available_pair
        WHERE ticket >= lowest AND ticket < drawn - margin
        ORDER BY ticket
        LIMIT 200
      ) AS first_rows
      WHERE expires_at IS NULL OR expires_at > now()
    )
    UPDATE available_pair
      SET ticket = last_ticket + behind.number
      FROM behind
      WHERE available_pair.ticket = behind.ticket;
    SELECT greatest(last_ticket, max(ticket)) INTO last_ticket FROM available_pair WHERE ticket >= last_ticket;
    SELECT coalesce(min(ticket), drawn - margin) INTO lowest
      FROM available_pair
      WHERE ticket >= lowest AND ticket < drawn - margin;
  END IF;
  UPDATE pool_cursor SET tail = last_ticket, floor = lowest;
  RETURN inserted;
END $$;
