-- How many tokens of each namespace wait for a partner, at most 5,000 of each. One round of
-- prefetch cannot use more, and stage_pairs takes no more.
CREATE OR REPLACE FUNCTION count_spare_tokens(OUT internal_tokens int, OUT card_references int)
LANGUAGE sql STABLE AS $$
  SELECT (SELECT count(*) FROM spare_tokens('ns1', 5000))::int, (SELECT count(*) FROM spare_tokens('ns2', 5000))::int
$$;
