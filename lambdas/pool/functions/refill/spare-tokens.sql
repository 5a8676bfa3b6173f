-- Tokens of a namespace that wait for a partner, p_limit at most: those that expire soonest first, then those that never do. Each
-- half is read from the index of spare tokens, which holds no rejected token.
CREATE OR REPLACE FUNCTION spare_tokens(p_namespace text, p_limit int) RETURNS TABLE (token text) LANGUAGE sql STABLE
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
AS $$
  (
    SELECT token
    FROM unpaired_token
    WHERE namespace = p_namespace AND rejected_because IS NULL AND expires_at > now()
    ORDER BY expires_at
    LIMIT p_limit
  )
  UNION ALL
  (
    SELECT token
    FROM unpaired_token
    WHERE namespace = p_namespace AND rejected_because IS NULL AND expires_at IS NULL
    LIMIT p_limit
  )
  LIMIT p_limit
$$;
