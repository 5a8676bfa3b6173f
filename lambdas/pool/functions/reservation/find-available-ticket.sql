-- Searches available_pair for a pair and locks its row. Returns its ticket, or NULL when no pair is
-- free. Called by reserve when its own tickets had no row. p_drawn is the last ticket that it drew,
-- p_floor the ticket below which no pair is expected (pool_cursor.floor).
--
-- Pairs with the earliest expiry come first, then those without expiry by ticket.
--
-- Concurrency: the queries skip locked rows, so that searches take different rows and never wait.
-- When all remaining rows are locked, other reservations are about to take them. The result is then
-- the same as for an empty table, and the creation takes the direct path. Waiting for them would
-- almost always end with that result too, only later.
--
-- Bounded: all queries read the index on (expires_at, ticket) in its order. The search for pairs
-- that expire starts at now(), so it passes no expired pair, however many wait for retire_expired.
-- The search for the others starts at p_floor. When no row is left above the floor, this function
-- raises the floor to 2,000 below the last ticket, so that the next search of an empty pool does
-- not pass the index entries of taken pairs that vacuum has not removed yet. It does so under the
-- lock of pool_cursor, which excludes make_available and its new rows, and only if that lock is
-- free.
CREATE OR REPLACE FUNCTION find_available_ticket(p_drawn bigint, p_floor bigint) RETURNS bigint LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
AS $$
DECLARE
  found_ticket bigint;
  -- Running requests may hold tickets that are this far behind, as in make_available.
  margin CONSTANT bigint := 2000;
BEGIN
  SELECT ticket INTO found_ticket
    FROM available_pair
    WHERE expires_at > now()
    ORDER BY expires_at, ticket
    LIMIT 1
    FOR UPDATE SKIP LOCKED;
  IF FOUND THEN RETURN found_ticket; END IF;
  SELECT ticket INTO found_ticket
    FROM available_pair
    WHERE expires_at IS NULL AND ticket >= p_floor
    ORDER BY expires_at, ticket
    LIMIT 1
    FOR UPDATE SKIP LOCKED;
  IF FOUND THEN RETURN found_ticket; END IF;

  PERFORM FROM pool_cursor WHERE floor < p_drawn - 2 * margin FOR UPDATE SKIP LOCKED;
  IF FOUND AND NOT EXISTS (SELECT FROM available_pair WHERE ticket >= p_floor) THEN
    UPDATE pool_cursor SET floor = greatest(floor, p_drawn - margin);
  END IF;
  RETURN NULL;
END $$;
