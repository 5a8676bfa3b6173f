-- Returns tokens of a namespace that wait for a partner, at most p_limit: first those with the
-- earliest expiry, then those without expiry. Each part reads the index of spare tokens, which
-- contains no rejected token.
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
