-- Returns the pair of a reference, or no row. Read by the unique index on card_reference. The
-- columns are those of find_by_internal_token.
--
-- If the text is the internal token of a pair, the only row has is_internal_token: the caller
-- refuses an internal token where a reference is expected (docs/design.md#reference-format).
CREATE OR REPLACE FUNCTION find_by_reference(p_card_reference text)
RETURNS TABLE (internal_token text, card_reference text, state text, is_mapped boolean, is_internal_token boolean)
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY
    SELECT
      pair.internal_token,
      pair.card_reference,
      CASE
        WHEN pair.state = 'POOLED' AND EXISTS (SELECT FROM outbox_event WHERE outbox_event.pair_id = pair.id)
          THEN 'USED'
        ELSE pair.state::text
      END,
      pair.available_at IS NOT NULL OR pair.origin <> 'prefetch',
      false
    FROM pair
    WHERE pair.card_reference = p_card_reference;
  IF NOT FOUND THEN
    RETURN QUERY
      SELECT NULL, NULL, NULL, NULL::boolean, true
      FROM pair
      WHERE pair.internal_token = p_card_reference;
  END IF;
END $$;
