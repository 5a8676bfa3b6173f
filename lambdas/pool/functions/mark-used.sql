-- RESERVED -> USED for the reservation's owner, with its outbox row. False when the pair is not this reservation's.
--
-- Deleting the reservation is the proof of ownership, and its row lock makes owner and settler take turns. The order of locks is the same
-- everywhere: key, reservation, pair, shelf. A late finisher (rule 2) finds its pair in quarantine under its own id. Executed again,
-- it finds the pair USED by itself and changes nothing.
CREATE OR REPLACE FUNCTION mark_used(p_reservation_id uuid, p_pair_id bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  opened_at timestamptz;
  reference text;
BEGIN
  DELETE FROM reservation
    WHERE id = p_reservation_id AND pair_id = p_pair_id
    RETURNING reserved_at INTO opened_at;
  IF FOUND THEN
    UPDATE pair
      SET state = 'USED', reservation_id = p_reservation_id, reserved_at = opened_at, used_at = now()
      WHERE id = p_pair_id AND state = 'POOLED'
      RETURNING card_reference INTO STRICT reference;
  ELSE
    UPDATE pair
      SET state = 'USED', used_at = now()
      WHERE id = p_pair_id AND reservation_id = p_reservation_id AND state = 'QUARANTINED'
      RETURNING card_reference INTO reference;
    IF NOT FOUND THEN
      RETURN EXISTS (
        SELECT FROM pair WHERE id = p_pair_id AND reservation_id = p_reservation_id AND state = 'USED'
      );
    END IF;
    DELETE FROM quarantined_pair WHERE pair_id = p_pair_id;
  END IF;
  INSERT INTO outbox_event (pair_id, card_reference) VALUES (p_pair_id, reference);
  RETURN true;
END $$;
