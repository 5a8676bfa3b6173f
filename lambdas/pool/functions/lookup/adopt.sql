-- Makes an unused pair USED, from any state, because NS1 confirmed that a card is bound to its
-- token. Called by record_bound_pair, after its caller has named both halves of the pair.
--
-- The pair loses its reservation_id. The card that was read can be another card than the one that
-- the pair was reserved for (TOME issued a token twice, or the database is older than TOME). So the
-- answer for the former reservation must not be derived from an adopted pair.
--
-- A pair that is STAGED or AVAILABLE leaves that table and goes through QUARANTINED. So does a pair
-- that was reserved, because only its own reservation may take it from POOLED to USED.
--
-- Concurrency: the reservation is locked before the pair. The usual case is a card that is created
-- twice at once, whose owner is finishing now. If the pair is reserved between both locks, its
-- reservation is deleted here. Concurrent adoptions write one event, because of the lock of the
-- pair's row and the primary key of outbox_event.
--
-- Safe to repeat: a second execution finds the pair USED.
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
      -- Its owner has used it, and the relay has not updated pair yet.
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
