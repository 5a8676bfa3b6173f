-- Those that failed least often first, so that poisoned pairs cannot keep the others waiting (rule 7). The index has them in this
-- order; the planner's settings keep the join from reading the whole registry, because an unknown limit is taken for a tenth of the
-- table.
CREATE OR REPLACE FUNCTION staged_pairs(p_limit int)
RETURNS TABLE (pair_id bigint, internal_token text, card_reference text)
LANGUAGE sql STABLE
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
  SELECT pair.id, pair.internal_token, pair.card_reference
  FROM (SELECT pair_id, failures FROM staged_pair ORDER BY failures, pair_id LIMIT p_limit) AS next
  JOIN pair ON pair.id = next.pair_id
  ORDER BY next.failures, next.pair_id
$$;
