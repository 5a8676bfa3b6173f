-- Any unused state -> USED, because NS1 said that a card is bound to this token (edge "adopt"). With one event, whoever adopts: the outbox row's
-- primary key and the pair's row lock see to that. Executed again it finds the pair USED.
--
-- Reservation before pair, as everywhere, because the usual case is a card created twice at once, whose owner is finishing just now. A pair
-- still on a shelf of the unused leaves it first and goes through quarantine; if it was reserved in the moment before, the reservation is
-- closed here.
CREATE OR REPLACE FUNCTION adopt(p_internal_token text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  subject pair;
  held reservation;
BEGIN
  DELETE FROM reservation
    WHERE pair_id = (SELECT id FROM pair WHERE internal_token = p_internal_token)
    RETURNING * INTO held;
  SELECT * INTO subject FROM pair WHERE internal_token = p_internal_token FOR UPDATE;
  IF NOT FOUND OR subject.state = 'USED' THEN
    RETURN;
  END IF;
  IF subject.state = 'STAGED' THEN
    DELETE FROM staged_pair WHERE pair_id = subject.id;
  ELSIF subject.state = 'QUARANTINED' THEN
    DELETE FROM quarantined_pair WHERE pair_id = subject.id;
  ELSIF held.id IS NULL THEN
    DELETE FROM available_pair WHERE pair_id = subject.id;
    IF NOT FOUND THEN
      DELETE FROM reservation WHERE pair_id = subject.id RETURNING * INTO held;
      -- Its owner has used it meanwhile, or long ago, and the relay has not filed it yet.
      IF NOT FOUND AND EXISTS (SELECT FROM outbox_event WHERE pair_id = subject.id) THEN
        RETURN;
      END IF;
    END IF;
  END IF;
  IF subject.state <> 'QUARANTINED' AND held.id IS NULL THEN
    UPDATE pair SET state = 'QUARANTINED', reason = 'found-bound', quarantined_at = now() WHERE id = subject.id;
  END IF;
  UPDATE pair
    SET
      state = 'USED',
      adopted_at = now(),
      used_at = now(),
      reason = coalesce(reason, 'adopted'),
      reservation_id = coalesce(held.id, reservation_id),
      reserved_at = coalesce(held.reserved_at, reserved_at)
    WHERE id = subject.id;
  INSERT INTO outbox_event (pair_id) VALUES (subject.id);
END $$;
