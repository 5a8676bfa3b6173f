-- Marks a reserved pair as used and writes its outbox event in the same transaction: RESERVED ->
-- USED. Returns false if this reservation did not use the pair. The caller must have NS1's
-- confirmation that its card is bound to the pair's token.
--
-- The row of the event makes the pair used. The relay updates pair later (close_events).
--
-- A late owner finds its pair in quarantine under its own reservation id. It may still use the pair
-- if the reason of the quarantine is the settler (stale-reservation) or the restore fence
-- (restored), because these know nothing about a card. Every other reason contradicts the owner. A
-- pair that was adopted does not count as used by this reservation: the adoption belongs to the
-- card of a read, which can be another card. Then the caller must ask NS1 for the token of its
-- card.
--
-- Concurrency: DELETE ... RETURNING locks the reservation row, so the owner and the settler cannot
-- both act on it. The README of the functions has the order of locks.
--
-- Safe to repeat: a second execution finds the event, or the pair USED by this reservation, and
-- changes nothing.
--
-- This function has no search path, because setting one costs a fifth of its rate. It runs with its
-- owner's rights under the caller's search path, so every table, type, function and operator is
-- named with its schema. Otherwise PostgreSQL would look for types and tables in pg_temp first, and
-- a caller's own domain "timestamptz" would execute the caller's code with the owner's rights.
CREATE OR REPLACE FUNCTION mark_used(p_reservation_id pg_catalog.uuid, p_pair_id pg_catalog.int8)
RETURNS pg_catalog.bool LANGUAGE plpgsql AS $$
DECLARE
  opened_at pg_catalog.timestamptz;
BEGIN
  DELETE FROM public.reservation
    WHERE id OPERATOR(pg_catalog.=) p_reservation_id AND pair_id OPERATOR(pg_catalog.=) p_pair_id
    RETURNING reserved_at INTO opened_at;
  IF FOUND THEN
    INSERT INTO public.outbox_event (pair_id, reservation_id, reserved_at) VALUES (p_pair_id, p_reservation_id, opened_at);
    RETURN true;
  END IF;
  UPDATE public.pair
    SET state = 'USED', used_at = pg_catalog.now()
    WHERE id OPERATOR(pg_catalog.=) p_pair_id
      AND reservation_id OPERATOR(pg_catalog.=) p_reservation_id
      AND state OPERATOR(pg_catalog.=) 'QUARANTINED'::public.pair_state
      AND (
        reason OPERATOR(pg_catalog.=) 'stale-reservation'::pg_catalog.text
        OR reason OPERATOR(pg_catalog.=) 'restored'::pg_catalog.text
      );
  IF FOUND THEN
    DELETE FROM public.quarantined_pair WHERE pair_id OPERATOR(pg_catalog.=) p_pair_id;
    INSERT INTO public.outbox_event (pair_id) VALUES (p_pair_id);
    RETURN true;
  END IF;
  RETURN EXISTS (
    SELECT FROM public.outbox_event
      WHERE pair_id OPERATOR(pg_catalog.=) p_pair_id AND reservation_id OPERATOR(pg_catalog.=) p_reservation_id
    UNION ALL
    SELECT FROM public.pair
      WHERE id OPERATOR(pg_catalog.=) p_pair_id
        AND reservation_id OPERATOR(pg_catalog.=) p_reservation_id
        AND state OPERATOR(pg_catalog.=) 'USED'::public.pair_state
        AND adopted_at IS NULL
  );
END $$;
