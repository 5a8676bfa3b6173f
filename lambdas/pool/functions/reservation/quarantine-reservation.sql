-- RESERVED -> QUARANTINED by the owner of the reservation: the pair may be bound, or must not be
-- used.
--
-- Concurrency: deleting the reservation row decides between the owner and the settler.
--
-- Safe to repeat: a second execution, also after the settler's, finds no reservation and changes
-- nothing. The pair is then in quarantine already.
CREATE OR REPLACE FUNCTION quarantine_reservation(p_reservation_id uuid, p_pair_id bigint, p_reason text)
RETURNS void LANGUAGE sql AS $$
  WITH closed AS (
    DELETE FROM reservation
    WHERE id = p_reservation_id AND pair_id = p_pair_id
    RETURNING id, pair_id, reserved_at
  ),
  quarantined AS (
    UPDATE pair
    SET
      state = 'QUARANTINED',
      reservation_id = closed.id,
      reserved_at = closed.reserved_at,
      reason = p_reason,
      quarantined_at = now()
    FROM closed
    WHERE pair.id = closed.pair_id
    RETURNING pair.id
  )
  INSERT INTO quarantined_pair (pair_id)
  SELECT id FROM quarantined
$$;
