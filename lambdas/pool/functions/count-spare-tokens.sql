-- Tokens waiting for a partner of the other namespace.
CREATE OR REPLACE FUNCTION count_spare_tokens(OUT internal_tokens int, OUT card_references int) LANGUAGE sql STABLE AS $$
  SELECT count(*) FILTER (WHERE namespace = 'ns1')::int, count(*) FILTER (WHERE namespace = 'ns2')::int
  FROM unpaired_token
  WHERE rejected_because IS NULL AND (expires_at IS NULL OR expires_at > now())
$$;
