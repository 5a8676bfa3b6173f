-- STAGED or AVAILABLE -> QUARANTINED for pairs whose tokens come too near their expiry (rule 8), p_limit at most; how many. Only the shelves
-- are read; a pair that is reserved meanwhile is left to its owner.
CREATE OR REPLACE FUNCTION retire_expired(p_limit int) RETURNS int LANGUAGE sql AS $$
  SELECT quarantine_unused(
    ARRAY(
      SELECT pair_id FROM available_pair WHERE expires_at <= now()
      UNION ALL
      SELECT pair.id FROM staged_pair JOIN pair ON pair.id = staged_pair.pair_id WHERE pair.expires_at <= now()
      LIMIT p_limit
    ),
    'expired'
  )
$$;
