-- RESERVED -> USED for the reservation's owner, with its outbox row. False when the pair is not this reservation's.
--
-- Deleting the reservation is the proof of ownership, and its row lock makes owner and settler take turns. The event's row is what makes the
-- pair used; the relay files it in the registry (close_events). The order of locks is the same everywhere: key, reservation, outbox, pair, shelf.
-- A late finisher (rule 2) finds its pair in quarantine under its own id. Executed again, it finds its event, or the pair USED by itself, in
-- one look at both, and changes nothing.
--
-- This function has no search path of its own, which would cost a fifth of its rate. It runs with its owner's rights under the caller's search path, so
-- every table, type, function and operator is named with its schema: PostgreSQL looks for types and tables in pg_temp before pg_catalog, and a
-- caller's own domain `timestamptz` would run the caller's code with the owner's rights.
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
      AND state OPERATOR(pg_catalog.=) 'QUARANTINED'::public.pair_state;
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
  );
END $$;
