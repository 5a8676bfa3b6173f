-- The earlier name of release_idempotency_key. It stays for one release, because functions of the
-- previous release call it while a deployment is under way.
CREATE OR REPLACE FUNCTION yield_claim(p_key_hash bytea, p_fingerprint bytea) RETURNS void LANGUAGE sql AS $$
  SELECT release_idempotency_key(p_key_hash, p_fingerprint)
$$;
