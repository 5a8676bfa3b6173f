-- Marks a reserved pair as used and writes its outbox event in the same transaction. Returns false
-- unless this reservation used the pair.
--
-- The caller must hold NS1's word that its card is bound to the pair's token.
--
-- Concurrency: DELETE ... RETURNING locks the reservation row, so the owner and the settler cannot
-- both act on it. All functions lock in the order key, reservation, outbox, pair, available_pair.
-- The event's row is what makes the pair used; the relay updates the registry later (close_events).
--
-- A late owner finds its pair in quarantine under its own id. It may still use the pair when only
-- time took it away: the settler (stale-reservation) and the restore fence (restored) know nothing
-- about a card. Every other reason is a statement about the pair that contradicts the owner.
-- "Used by this reservation" never includes an adopted pair: adoption follows the card that a
-- reader asked for, which can be another card. The caller then has to ask NS1 for its card's token.
--
-- Safe to repeat: a second call finds the event, or the pair USED by this reservation, in one
-- statement and changes nothing.
--
-- This function has no search path of its own, which would cost a fifth of its rate. It runs with its
-- owner's rights under the caller's search path, so every table, type, function and operator is named
-- with its schema: PostgreSQL looks for types and tables in pg_temp before pg_catalog, and a caller's
-- own domain `timestamptz` would run the caller's code with the owner's rights.
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
