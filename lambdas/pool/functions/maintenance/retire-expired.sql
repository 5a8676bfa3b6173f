-- STAGED or AVAILABLE -> QUARANTINED for pairs that have expired, at most p_limit. Returns how
-- many. expires_at is the earlier expiry of the pair's tokens less a margin.
--
-- Bounded: the indexes on expires_at return those that expired first, so a batch reads no other
-- row.
--
-- Concurrency: a pair that is reserved meanwhile stays with its owner (quarantine_unused).
--
-- Safe to repeat: a second execution finds the next pairs.
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
