-- RESERVED -> AVAILABLE by the owner of the reservation, who knows that no card can be bound to the
-- pair. Returns false if this call did not release the pair.
--
-- With a key, the row of the key must still name this reservation, and no other request may have
-- taken the key over: that request may have sent the pair to NS1 too, and then the owner's
-- knowledge is not enough. If the row is gone, nothing is known either. In both cases the pair
-- stays reserved, and the settler quarantines it.
--
-- Concurrency: the row of the key is locked first, so that a request that takes it over waits or is
-- seen. Deleting the reservation proves the ownership.
--
-- Safe to repeat: a second or late execution finds no reservation and changes nothing.
CREATE OR REPLACE FUNCTION release(p_reservation_id uuid, p_pair_id bigint, p_reason text, p_key_hash bytea)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF p_reason NOT IN ('not-dispatched', 'card-already-bound') THEN
    RAISE EXCEPTION 'release: the reason % is not allowed. Use not-dispatched or card-already-bound', p_reason
      USING ERRCODE = 'check_violation';
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
