-- Ends the hold now; only a hold of the same body, and only an open one.
CREATE OR REPLACE FUNCTION yield_claim(p_key_hash bytea, p_fingerprint bytea) RETURNS void LANGUAGE sql AS $$
  UPDATE idempotency_key
  SET held_until = now()
  WHERE key_hash = p_key_hash AND fingerprint = p_fingerprint AND held_until > now()
$$;
