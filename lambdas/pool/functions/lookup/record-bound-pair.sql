-- Records that TOME has bound a card to this pair: the only way for the roles that serve requests to mark a pair USED that they did not reserve. The caller
-- proves that it knows the pair by giving both halves, so that an internal token alone adopts nothing. Stores a pair that TOME bound outside the
-- pool, as USED with its outbox row; does nothing when it is there, and adopts it when it is there unused. False when one half is stored beside
-- another half.
--
-- Neither half may be a card number in the wrong place: an internal token has at least 20 characters, and a reference starts as no card number does.
--
-- Concurrency: both unique indexes guard the insert. Safe to repeat: a second call finds its own row.
CREATE OR REPLACE FUNCTION record_bound_pair(p_internal_token text, p_card_reference text, p_origin text)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF (p_internal_token ~ '^[A-Za-z0-9_-]{20,64}$' AND may_be_reference(p_card_reference)) IS NOT TRUE THEN
    -- Without the values: one of them may be a card number.
    RAISE EXCEPTION 'record_bound_pair: the internal token or the reference has not the form of one'
      USING ERRCODE = 'check_violation';
  END IF;
  WITH used AS (
    INSERT INTO pair (internal_token, card_reference, state, origin, used_at)
    VALUES (p_internal_token, p_card_reference, 'USED', p_origin, now())
    ON CONFLICT DO NOTHING
    RETURNING id
  )
  INSERT INTO outbox_event (pair_id)
    SELECT id FROM used;
  IF FOUND THEN
    RETURN true;
  END IF;
  IF NOT EXISTS (
    SELECT FROM pair WHERE internal_token = p_internal_token AND card_reference = p_card_reference
  ) THEN
    RETURN false;
  END IF;
  PERFORM adopt(p_internal_token);
  RETURN true;
END $$;
