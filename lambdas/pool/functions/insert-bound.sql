-- Stores a pair that TOME bound outside the pool, as USED with its outbox row; does nothing when it is there, and adopts it when it stands
-- there unused. False when one half stands beside another half. Both unique indexes guard it; executed again it finds its own row.
CREATE OR REPLACE FUNCTION insert_bound(p_internal_token text, p_card_reference text, p_origin text)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
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
