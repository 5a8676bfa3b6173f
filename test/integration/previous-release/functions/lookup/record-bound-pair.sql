-- Records that TOME has bound a card to this pair. It stores a pair that is missing as USED with
-- its event, adopts a stored pair that is not used, and changes nothing if the pair is USED.
-- Returns false if one half is stored with another half.
--
-- This is the only function by which a role that serves requests can make a pair USED that it did
-- not reserve. The caller must know both halves, so an internal token alone adopts nothing. Both
-- forms are checked, so that no card number is stored: an internal token has at least 20
-- characters, and no reference starts like a card number.
--
-- Concurrency: the unique indexes on both halves let one execution insert the pair.
--
-- Safe to repeat: a second execution finds the row of the first one.
CREATE OR REPLACE FUNCTION record_bound_pair(p_internal_token text, p_card_reference text, p_origin text)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF (p_internal_token ~ '^[A-Za-z0-9_-]{20,64}$' AND may_be_reference(p_card_reference)) IS NOT TRUE THEN
    -- The message does not contain the values, because one of them may be a card number.
    RAISE EXCEPTION 'record_bound_pair: the internal token or the reference has a wrong form'
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
