-- Any unused state -> USED, because NS1 says that a card is bound to this token. One event is written
-- however many adopt at once: the outbox row's primary key and the pair's row lock see to that. Safe
-- to repeat: a second call finds the pair USED.
--
-- The pair loses its reservation_id. The card that a reader asked for can be another card than the
-- one that the pair was reserved for (TOME handed a token out twice, or the database is older than
-- TOME), so nothing may conclude from an adopted pair what its former reservation is answered with.
--
-- The reservation is locked before the pair, as everywhere: the usual case is a card that is created
-- twice at once, and its owner is finishing just now. A pair that is staged or available leaves that
-- table first and goes through quarantine; if it was reserved a moment before, the reservation is
-- closed here. A pair that was reserved goes through quarantine as well: only its own reservation may
-- take it from the pool to USED.
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
  IF subject.state <> 'QUARANTINED' THEN
    UPDATE pair SET state = 'QUARANTINED', reason = 'found-bound', quarantined_at = now() WHERE id = subject.id;
  END IF;
  UPDATE pair
    SET
      state = 'USED',
      adopted_at = now(),
      used_at = now(),
      reason = coalesce(reason, 'adopted'),
      reservation_id = NULL,
      reserved_at = coalesce(held.reserved_at, reserved_at)
    WHERE id = subject.id;
  INSERT INTO outbox_event (pair_id) VALUES (subject.id);
END $$;
