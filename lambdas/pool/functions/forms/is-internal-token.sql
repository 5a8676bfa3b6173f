-- Whether a text has the form of an internal token. The body is that of the default profile of
-- TOME. The migration replaces it by the form of its own profile (install/form-bodies.ts).
--
-- Safe for stored pairs: only insertions ask this function, so a pair of an earlier profile stays
-- as it is.
CREATE OR REPLACE FUNCTION is_internal_token(p_internal_token text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT length(p_internal_token) BETWEEN 20 AND 64
    AND p_internal_token ~ '^[A-Za-z0-9_-]+$'
$$;
