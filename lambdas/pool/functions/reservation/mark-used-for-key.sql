-- mark_used for a creation with an Idempotency-Key. It writes the key's answer in the transaction
-- that uses the pair. Returns what mark_used returns.
--
-- reserve_for_key answers a key only from its own row. Only this function and
-- complete_idempotency_key write an answer there. To derive the answer later from the pair would be
-- unsafe: a pair can leave the key's reservation and be used for another card, whose reference
-- would then be the answer.
--
-- The fingerprint must match. A key that expired and was used again with another body has the same
-- hash, and a late request of the first body must not write its answer.
--
-- Concurrency: the row of the key is locked first (order of locks: README of the functions).
--
-- Safe to repeat: an answer that exists is not changed.
CREATE OR REPLACE FUNCTION mark_used_for_key(
  p_reservation_id uuid,
  p_pair_id bigint,
  p_key_hash bytea,
  p_fingerprint bytea
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM idempotency_key WHERE key_hash = p_key_hash AND fingerprint = p_fingerprint FOR UPDATE;
  IF NOT mark_used(p_reservation_id, p_pair_id) THEN
    RETURN false;
  END IF;
  UPDATE idempotency_key
    SET card_reference = pair.card_reference, created = true
    FROM pair
    WHERE pair.id = p_pair_id
      AND key_hash = p_key_hash
      AND fingerprint = p_fingerprint
      AND idempotency_key.card_reference IS NULL;
  RETURN true;
END $$;
