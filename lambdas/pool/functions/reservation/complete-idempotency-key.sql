-- Writes the answer of a key when the reference is not that of the key's reserved pair: the card
-- had a reference, or it was created by the direct path. The caller must have NS1's confirmation
-- for the card in the key's body.
--
-- The fingerprint must match, for the reason in mark_used_for_key.
--
-- Safe to repeat: an answer that exists is not changed.
CREATE OR REPLACE FUNCTION complete_idempotency_key(
  p_key_hash bytea,
  p_fingerprint bytea,
  p_card_reference text,
  p_created boolean
) RETURNS void LANGUAGE sql AS $$
  UPDATE idempotency_key
  SET card_reference = p_card_reference, created = p_created
  WHERE key_hash = p_key_hash AND fingerprint = p_fingerprint AND card_reference IS NULL
$$;
