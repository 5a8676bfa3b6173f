-- Puts pooled pairs that nobody holds on the shelf, behind all others. The cursor's row lock makes those who do it take turns. Places begin behind the
-- last ticket drawn, or nobody would come to them; within a batch they go by their random tokens, so that neighbours on the shelf are not
-- neighbours in the registry. What was left behind far below is moved to the end with them, two hundred rows at a time, and the floor
-- follows; rows that wait for their turn are found by the search of a reservation meanwhile. Expired rows stay for retire_expired.
CREATE OR REPLACE FUNCTION make_available(p_pair_ids bigint[]) RETURNS int LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  drawn bigint;
  lowest bigint;
  last_place bigint;
  offered int;
  -- Tickets that requests under way may hold: rows this near are not behind yet.
  margin CONSTANT bigint := 2000;
BEGIN
  SELECT floor, tail INTO lowest, last_place FROM pool_cursor FOR UPDATE;
  SELECT last_value INTO drawn FROM pool_ticket;
  last_place := greatest(last_place, drawn);
  INSERT INTO available_pair (ticket, pair_id, internal_token, card_reference, expires_at)
    SELECT last_place + row_number() OVER (ORDER BY internal_token), id, internal_token, card_reference, expires_at
    FROM pair
    WHERE id = ANY (p_pair_ids);
  GET DIAGNOSTICS offered = ROW_COUNT;
  last_place := last_place + offered;
  IF drawn - margin > lowest THEN
    -- Waits for a request that is just taking such a row; if it takes it, there is nothing to move.
    WITH behind AS (
      SELECT ticket, row_number() OVER (ORDER BY ticket) AS number
      FROM (
        SELECT ticket, expires_at
        FROM available_pair
        WHERE ticket >= lowest AND ticket < drawn - margin
        ORDER BY ticket
        LIMIT 200
      ) AS lowest_rows
      WHERE expires_at IS NULL OR expires_at > now()
    )
    UPDATE available_pair
      SET ticket = last_place + behind.number
      FROM behind
      WHERE available_pair.ticket = behind.ticket;
    SELECT greatest(last_place, max(ticket)) INTO last_place FROM available_pair WHERE ticket >= last_place;
    SELECT coalesce(min(ticket), drawn - margin) INTO lowest
      FROM available_pair
      WHERE ticket >= lowest AND ticket < drawn - margin;
  END IF;
  UPDATE pool_cursor SET tail = last_place, floor = lowest;
  RETURN offered;
END $$;
