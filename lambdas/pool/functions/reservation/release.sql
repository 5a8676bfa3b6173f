-- RESERVED -> AVAILABLE by the reservation's owner, who knows that nothing can be bound to the pair.
-- Returns false when this call did not give the pair back.
--
-- Deleting the reservation is the proof of ownership, so a second or late call changes nothing.
-- With a key, the key's row is locked first and must still say that this reservation is the key's
-- and that no other request has taken the key up: such a request may have sent the pair to NS1 too,
-- and then the owner's knowledge is not enough. A row that is gone proves nothing either, so the
-- pair stays reserved and the settler quarantines it.
CREATE OR REPLACE FUNCTION release(p_reservation_id uuid, p_pair_id bigint, p_reason text, p_key_hash bytea)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF p_reason NOT IN ('not-dispatched', 'card-already-bound') THEN
    RAISE EXCEPTION 'release: % is no reason to give a pair back', p_reason USING ERRCODE = 'check_violation';
  END IF;
  IF p_key_hash IS NOT NULL THEN
    PERFORM FROM idempotency_key WHERE key_hash = p_key_hash FOR UPDATE;
    PERFORM FROM idempotency_key
      WHERE key_hash = p_key_hash AND reservation_id = p_reservation_id AND NOT is_resumed;
    IF NOT FOUND THEN
      RETURN false;
    END IF;
  END IF;
  DELETE FROM reservation WHERE id = p_reservation_id AND pair_id = p_pair_id;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE pair SET released_at = now(), released_by = p_reservation_id, reason = p_reason WHERE id = p_pair_id;
  PERFORM make_available(ARRAY[p_pair_id]);
  RETURN true;
END $$;
