-- Those that failed least often first, so that poisoned pairs cannot keep the others waiting (rule 7).
CREATE OR REPLACE FUNCTION staged_pairs(p_limit int)
RETURNS TABLE (pair_id bigint, internal_token text, card_reference text)
LANGUAGE sql STABLE AS $$
  SELECT pair.id, pair.internal_token, pair.card_reference
  FROM staged_pair
  JOIN pair ON pair.id = staged_pair.pair_id
  ORDER BY staged_pair.failures, staged_pair.pair_id
  LIMIT p_limit
$$;
