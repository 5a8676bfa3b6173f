-- By the unique index on internal_token. is_mapped: whether NS2 ever answered with exactly this pair. A pair outside the pool's road was bound
-- by NS2 before it was stored. A pair with an event is used, whether the registry was told of it yet or not.
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
