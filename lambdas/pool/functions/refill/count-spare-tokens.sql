-- Tokens waiting for a partner of the other namespace; 5,000 of each at most, which is as many as one round of prefetch can use.
-- stage_pairs takes the same number.
CREATE OR REPLACE FUNCTION count_spare_tokens(OUT internal_tokens int, OUT card_references int) LANGUAGE sql STABLE AS $$
  SELECT (SELECT count(*) FROM spare_tokens('ns1', 5000))::int, (SELECT count(*) FROM spare_tokens('ns2', 5000))::int
$$;
