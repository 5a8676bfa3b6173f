-- Ends the hold of an idempotency key now, so that the next request with this key does not wait for
-- the hold to expire.
--
-- The fingerprint must match: a late request of another body must not end the hold of this one.
--
-- Safe to repeat: a hold that has ended is not changed.
CREATE OR REPLACE FUNCTION release_idempotency_key(p_key_hash bytea, p_fingerprint bytea)
RETURNS void LANGUAGE sql AS $$
  UPDATE idempotency_key
  SET held_until = now()
  WHERE key_hash = p_key_hash AND fingerprint = p_fingerprint AND held_until > now()
$$;
