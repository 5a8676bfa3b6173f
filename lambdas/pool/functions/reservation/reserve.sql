-- Takes an available pair for one creation: AVAILABLE -> RESERVED. Returns the pair, or no row when
-- no pair is free: the pool is empty, or other transactions have locked all remaining pairs.
--
-- The reservation draws the next ticket of a sequence and deletes the row of available_pair that
-- has this ticket. Each client gets another number, so clients address different rows and nothing
-- is searched. This is faster than the usual queue query (ORDER BY ... FOR UPDATE SKIP LOCKED),
-- where all clients start at the same end of one index. docs/design.md#how-a-pair-is-reserved
-- explains it.
--
-- A ticket has no row when a search, an adoption or the settler took the pair, or when the refill
-- that inserts it has not committed yet. The row of an expired pair is not taken. Then the function
-- draws the next ticket: up to the last one, and at most 32 times, because one request must not
-- pass thousands of expired pairs. After that find_available_ticket searches the table. It also
-- finds the pairs whose tickets were drawn in vain.
--
-- Concurrency: PostgreSQL lets one transaction delete a row, so a pair is taken once. The unique
-- index on reservation.pair_id is a second protection. A reservation never waits for another
-- transaction's lock on a pair: SKIP LOCKED passes over the row of its ticket as over any other
-- when a search, an adoption or a quarantine has locked it. The restore fence locks pool_cursor in
-- EXCLUSIVE mode, which NOWAIT refuses at once with 55P03. Nothing else locks pool_cursor in a mode
-- that conflicts with ROW SHARE, except a migration that changes that table. docs/design.md#locks
-- has the whole list, and test/integration/reservation-locks.test.ts checks it.
--
-- Safe to repeat: the primary key of reservation refuses a second pair for the same id. The second
-- execution waits for the first one if that is still running. find_reserved then returns the pair
-- of the first one. See docs/design.md#retries-after-a-lost-commit.
--
-- This function has no search path. Every object is named with its schema, for the reason in
-- mark_used.
CREATE OR REPLACE FUNCTION reserve(p_reservation_id pg_catalog.uuid)
RETURNS TABLE (pair_id pg_catalog.int8, internal_token pg_catalog.text, card_reference pg_catalog.text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  drawn_ticket pg_catalog.int8;
  first_ticket pg_catalog.int8;
  last_ticket pg_catalog.int8;
  misses pg_catalog.int4 := 0;
  most_misses CONSTANT pg_catalog.int4 := 32;
  taken public.available_pair;
BEGIN
  LOCK TABLE public.pool_cursor IN ROW SHARE MODE NOWAIT;
  LOOP
    drawn_ticket := pg_catalog.nextval('public.pool_ticket'::pg_catalog.regclass);
    DELETE FROM public.available_pair
      WHERE ctid OPERATOR(pg_catalog.=) (
        SELECT ctid
          FROM public.available_pair
          WHERE ticket OPERATOR(pg_catalog.=) drawn_ticket
            AND (expires_at IS NULL OR expires_at OPERATOR(pg_catalog.>) pg_catalog.now())
          FOR UPDATE SKIP LOCKED
      )
      RETURNING * INTO taken;
    EXIT WHEN FOUND;

    misses := misses OPERATOR(pg_catalog.+) 1;
    SELECT floor, tail INTO first_ticket, last_ticket FROM public.pool_cursor;
    CONTINUE WHEN drawn_ticket OPERATOR(pg_catalog.<) last_ticket AND misses OPERATOR(pg_catalog.<) most_misses;
    drawn_ticket := public.find_available_ticket(drawn_ticket, first_ticket);
    IF drawn_ticket IS NULL THEN
      RETURN;
    END IF;
    DELETE FROM public.available_pair WHERE ticket OPERATOR(pg_catalog.=) drawn_ticket RETURNING * INTO taken;
    EXIT WHEN FOUND;
  END LOOP;
  INSERT INTO public.reservation (id, pair_id) VALUES (p_reservation_id, taken.pair_id);
  RETURN QUERY SELECT taken.pair_id, taken.internal_token, taken.card_reference;
END $$;
