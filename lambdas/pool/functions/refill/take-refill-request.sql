-- Deletes the open request for a refill, because the run that begins answers it. Returns whether
-- there was one.
--
-- Safe to repeat: after a lost commit it returns false, and the run refills the pool anyway.
CREATE OR REPLACE FUNCTION take_refill_request() RETURNS boolean LANGUAGE sql AS $$
  WITH taken AS (DELETE FROM refill_request RETURNING requested_at)
  SELECT EXISTS (SELECT FROM taken)
$$;
