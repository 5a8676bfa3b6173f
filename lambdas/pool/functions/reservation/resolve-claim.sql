-- The earlier form of complete_idempotency_key, which also compares the fingerprint. It stays for
-- one release, because functions of the previous release call it while a deployment is under way.
CREATE OR REPLACE FUNCTION resolve_claim(p_key_hash bytea, p_card_reference text, p_created boolean)
RETURNS void LANGUAGE sql AS $$
  UPDATE idempotency_key
  SET card_reference = p_card_reference, created = p_created
  WHERE key_hash = p_key_hash AND card_reference IS NULL
$$;
