-- Whether the text is the reference of a stored pair. Every reference has 16 digits under each
-- profile (trigger pair_entry), so a text of another length needs no search.
--
-- Sequential scans are off, so each call reads the unique index on pair.card_reference.
CREATE OR REPLACE FUNCTION is_stored_reference(p_text text) RETURNS boolean LANGUAGE plpgsql STABLE
SET enable_seqscan = off
AS $$
BEGIN
  RETURN length(p_text) = 16 AND EXISTS (SELECT FROM pair WHERE card_reference = p_text);
END $$;
