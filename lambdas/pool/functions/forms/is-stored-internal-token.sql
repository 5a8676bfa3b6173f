-- Whether the database has the text as an internal token, in a pair or without one. A spare or
-- rejected internal token counts too, also one of an earlier profile. Not so a text that NS1 issued
-- in no form of an internal token ('token-format').
--
-- Sequential scans are off, so each call reads two unique indexes: that on pair.internal_token and
-- the primary key of unpaired_token.
CREATE OR REPLACE FUNCTION is_stored_internal_token(p_text text) RETURNS boolean LANGUAGE plpgsql STABLE
SET enable_seqscan = off
AS $$
BEGIN
  RETURN EXISTS (SELECT FROM pair WHERE internal_token = p_text)
    OR EXISTS (
      SELECT FROM unpaired_token
      WHERE namespace = 'ns1' AND token = p_text AND rejected_because IS DISTINCT FROM 'token-format'
    );
END $$;
