-- mark_used for a creation with an Idempotency-Key: the key's answer is written in the transaction
-- that uses the pair. Returns what mark_used returns.
--
-- reserve_for_key answers a key only from its own row, and this is one of the two places that write
-- an answer there (the other is complete_idempotency_key). The alternative, to derive the answer
-- later from the pair, is unsafe: a pair can leave the key's reservation and be used for another
-- card, and then the key would be answered with that card's reference.
--
-- The fingerprint must match: a key that expired and was used again with another body has the same
-- hash, and a late request of the first body must not answer it.
--
-- Concurrency: the key row is locked first (see mark_used for the order of locks). Safe to repeat:
-- an answer that is there is not changed.
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
