-- The ticket of a pair on offer, whose row is locked for the caller; NULL when the pool is empty. For a reservation whose own
-- tickets had no row (reserve).
--
-- Locked rows are skipped first, but "none" is only said after a look that waits for them: what was waited for may be gone while
-- another pair has come, so only an empty shelf ends the search. Each statement sees what was committed before it began.
--
-- Bounded: both looks go by the index on (expires_at, ticket). Pairs that expire are sought from now() on, so expired ones are never
-- passed, however many wait to be retired; pairs that do not expire are sought from the floor on. When nothing at all stands above
-- the floor, the floor is moved up to just before the last ticket drawn, so that the next search of an empty pool does not pass the
-- entries of pairs that were taken and that vacuum has not removed yet. It is moved under the cursor's lock, which shuts out those
-- who put pairs on offer; a search does not wait for that lock.
CREATE OR REPLACE FUNCTION find_available_ticket(p_drawn bigint, p_floor bigint) RETURNS bigint LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
AS $$
DECLARE
  found_ticket bigint;
  -- Tickets that requests under way may hold, as in make_available; and how far the floor may lag before it is moved.
  margin CONSTANT bigint := 2000;
BEGIN
  LOOP
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
    SELECT ticket INTO found_ticket
      FROM available_pair
      WHERE expires_at > now()
      ORDER BY expires_at, ticket
      LIMIT 1
      FOR UPDATE;
    IF FOUND THEN RETURN found_ticket; END IF;
    SELECT ticket INTO found_ticket
      FROM available_pair
      WHERE expires_at IS NULL AND ticket >= p_floor
      ORDER BY expires_at, ticket
      LIMIT 1
      FOR UPDATE;
    IF FOUND THEN RETURN found_ticket; END IF;
    EXIT WHEN NOT EXISTS (SELECT FROM available_pair WHERE expires_at > now())
      AND NOT EXISTS (SELECT FROM available_pair WHERE expires_at IS NULL AND ticket >= p_floor);
  END LOOP;

  PERFORM FROM pool_cursor WHERE floor < p_drawn - 2 * margin FOR UPDATE SKIP LOCKED;
  IF FOUND AND NOT EXISTS (SELECT FROM available_pair WHERE ticket >= p_floor) THEN
    UPDATE pool_cursor SET floor = greatest(floor, p_drawn - margin);
  END IF;
  RETURN NULL;
END $$;
