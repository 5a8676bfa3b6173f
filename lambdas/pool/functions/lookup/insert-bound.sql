-- What record_bound_pair was called before. Kept for the release that still calls it; no role may execute it.
CREATE OR REPLACE FUNCTION insert_bound(p_internal_token text, p_card_reference text, p_origin text)
RETURNS boolean LANGUAGE sql AS $$
  SELECT record_bound_pair(p_internal_token, p_card_reference, p_origin)
$$;
