-- AVAILABLE -> RESERVED: takes the row of the next ticket off the shelf and opens the reservation; no row when the pool is empty.
--
-- Safe, because a row is taken by deleting it, and its lock lets only one transaction do so; the unique index on reservation.pair_id would
-- refuse a second hand all the same. Executed again with the same id after a lost commit, the primary key of `reservation` refuses a
-- second pair, even while the first execution is still on its way (rule 4); find_reserved then tells what the first one took.
--
-- A ticket has no row when it was drawn before its row was there, by a transaction that was rolled back, or when the pair was taken
-- out of circulation; and the row of an expired pair is left where it is. Below the tail the next ticket is drawn, a few times: a
-- thousand expired pairs in a row must not be passed by one request. Then, and at the end, the shelf is searched for what is left
-- (find_available_ticket).
--
-- This function has no search path of its own, which would cost a fifth of its rate (docs/performance.md). Every table, type, function and operator is
-- named with its schema instead; mark_used says why.
CREATE OR REPLACE FUNCTION reserve(p_reservation_id pg_catalog.uuid)
RETURNS TABLE (pair_id pg_catalog.int8, internal_token pg_catalog.text, card_reference pg_catalog.text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  place pg_catalog.int8;
  lowest pg_catalog.int8;
  last_place pg_catalog.int8;
  misses pg_catalog.int4 := 0;
  most_misses CONSTANT pg_catalog.int4 := 32;
  taken public.available_pair;
BEGIN
  LOOP
    place := pg_catalog.nextval('public.pool_ticket'::pg_catalog.regclass);
    DELETE FROM public.available_pair
      WHERE ticket OPERATOR(pg_catalog.=) place AND (expires_at IS NULL OR expires_at OPERATOR(pg_catalog.>) pg_catalog.now())
      RETURNING * INTO taken;
    EXIT WHEN FOUND;

    misses := misses OPERATOR(pg_catalog.+) 1;
    SELECT floor, tail INTO lowest, last_place FROM public.pool_cursor;
    CONTINUE WHEN place OPERATOR(pg_catalog.<) last_place AND misses OPERATOR(pg_catalog.<) most_misses;
    place := public.find_available_ticket(place, lowest);
    IF place IS NULL THEN
      RETURN;
    END IF;
    DELETE FROM public.available_pair WHERE ticket OPERATOR(pg_catalog.=) place RETURNING * INTO taken;
    EXIT WHEN FOUND;
  END LOOP;
  INSERT INTO public.reservation (id, pair_id) VALUES (p_reservation_id, taken.pair_id);
  RETURN QUERY SELECT taken.pair_id, taken.internal_token, taken.card_reference;
END $$;
