-- Returns the pair of an internal token, or no row. Read by the unique index on internal_token.
--
-- state is USED if the pair has an event, also before the relay updates pair. A pair that is
-- available or reserved is POOLED.
--
-- is_mapped says whether NS2 has confirmed exactly this pair. Pairs that did not come from prefetch
-- were bound on NS2 before they were stored.
CREATE OR REPLACE FUNCTION find_by_internal_token(p_internal_token text)
RETURNS TABLE (internal_token text, card_reference text, state text, is_mapped boolean)
LANGUAGE sql STABLE AS $$
  SELECT
    internal_token,
    card_reference,
    CASE
      WHEN state = 'POOLED' AND EXISTS (SELECT FROM outbox_event WHERE outbox_event.pair_id = pair.id) THEN 'USED'
      ELSE state::text
    END,
    available_at IS NOT NULL OR origin <> 'prefetch'
  FROM pair
  WHERE internal_token = p_internal_token
$$;
