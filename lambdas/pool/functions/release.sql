-- RESERVED -> AVAILABLE by the reservation's owner, who knows that nothing can be bound to the pair. Deleting the reservation is the proof, so a
-- second execution, or a late one, changes nothing. Where a key was claimed, its row is locked first: once another request has
-- taken the key up, that one may have sent the pair to NS1 too, and the owner's knowledge is not enough. False when the pair was not given
-- back, by this execution.
CREATE OR REPLACE FUNCTION release(p_reservation_id uuid, p_pair_id bigint, p_reason text, p_key_hash bytea)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF p_reason NOT IN ('not-dispatched', 'card-already-bound') THEN
    RAISE EXCEPTION 'release: % is no reason to give a pair back', p_reason USING ERRCODE = 'check_violation';
  END IF;
  PERFORM FROM idempotency_key WHERE key_hash = p_key_hash FOR UPDATE;
  IF EXISTS (SELECT FROM idempotency_key WHERE key_hash = p_key_hash AND is_resumed) THEN
    RETURN false;
  END IF;
  DELETE FROM reservation WHERE id = p_reservation_id AND pair_id = p_pair_id;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE pair SET released_at = now(), released_by = p_reservation_id, reason = p_reason WHERE id = p_pair_id;
  PERFORM put_on_offer(ARRAY[p_pair_id]);
  RETURN true;
END $$;
