-- Records that TOME has bound a card to this pair. It stores a pair that is missing as USED with
-- its event, adopts a stored pair that is not used, and changes nothing if the pair is USED.
-- Returns false if one half is stored with another half.
--
-- This is the only function by which a role that serves requests can make a pair USED that it did
-- not reserve. The caller must know both halves, so an internal token alone adopts nothing. A new
-- pair must have an internal token of the profile's form. Its reference may be any that NS2 has
-- bound, because a reference that could not be stored would cost the card two more calls for each
-- read (docs/decisions/0052-store-every-reference-that-ns2-has-bound.md). No text is stored both as
-- an internal token and as a reference. The caller distinguishes by SQLSTATE:
--
--   FORMS  the internal token does not have the profile's form
--   TOKEN  the reference is an internal token
--   REFER  the internal token is the reference of a stored pair
--
-- A stored pair is not checked again: it can have the forms of an earlier profile.
--
-- Concurrency: the unique indexes on both halves let one execution insert the pair.
--
-- Safe to repeat: a second execution finds the row of the first one.
CREATE OR REPLACE FUNCTION record_bound_pair(p_internal_token text, p_card_reference text, p_origin text)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pair WHERE internal_token = p_internal_token AND card_reference = p_card_reference
  ) THEN
    -- The messages do not contain the values, because one of them may be a card number.
    IF (p_card_reference ~ '^[0-9]{16}$') IS NOT TRUE THEN
      RAISE EXCEPTION 'record_bound_pair: the reference has a wrong form' USING ERRCODE = 'check_violation';
    END IF;
    IF is_internal_token(p_internal_token) IS NOT TRUE THEN
      RAISE EXCEPTION 'record_bound_pair: the internal token has a wrong form' USING ERRCODE = 'FORMS';
    END IF;
    IF p_card_reference = p_internal_token
      OR NOT may_be_reference(p_card_reference)
      OR is_stored_internal_token(p_card_reference)
    THEN
      RAISE EXCEPTION 'record_bound_pair: the reference is an internal token' USING ERRCODE = 'TOKEN';
    END IF;
    IF is_stored_reference(p_internal_token) THEN
      RAISE EXCEPTION 'record_bound_pair: the internal token is a reference' USING ERRCODE = 'REFER';
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
  END IF;
  PERFORM adopt(p_internal_token);
  RETURN true;
END $$;
