-- STAGED or AVAILABLE -> QUARANTINED for pairs whose tokens come too near their expiry (rule 8), p_limit at most; how many. Those
-- that expired first come first, from the indexes on expires_at, so a batch reads no other row. A pair that is reserved meanwhile is
-- left to its owner.
CREATE OR REPLACE FUNCTION retire_expired(p_limit int) RETURNS int LANGUAGE sql
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
AS $$
  SELECT quarantine_unused(
    ARRAY(
      (SELECT pair_id FROM available_pair WHERE expires_at <= now() ORDER BY expires_at, ticket LIMIT p_limit)
      UNION ALL
      (SELECT pair_id FROM staged_pair WHERE expires_at <= now() ORDER BY expires_at LIMIT p_limit)
      LIMIT p_limit
    ),
    'expired'
  )
$$;
