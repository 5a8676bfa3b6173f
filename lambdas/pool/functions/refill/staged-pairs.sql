-- Returns staged pairs for the next attempts to bind them on NS2, at most p_limit: those with the
-- fewest failures first, so that a pair that cannot be bound does not delay the others.
--
-- Bounded: the index on (failures, pair_id) has this order. The planner settings prevent a join
-- that reads all of pair: the planner assumes that an unknown limit means a tenth of the table.
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
