-- Writes down the answer of a key whose card has another pair than the one reserved, or took the direct path. Executed again it changes
-- nothing.
CREATE OR REPLACE FUNCTION resolve_claim(p_key_hash bytea, p_card_reference text, p_created boolean)
RETURNS void LANGUAGE sql AS $$
  UPDATE idempotency_key
  SET card_reference = p_card_reference, created = p_created
  WHERE key_hash = p_key_hash AND card_reference IS NULL
$$;
