-- Deletes the open request for a refill. Returns whether there was one, so that one run answers it.
CREATE OR REPLACE FUNCTION take_refill_request() RETURNS boolean LANGUAGE sql AS $$
  WITH taken AS (DELETE FROM refill_request RETURNING requested_at)
  SELECT EXISTS (SELECT FROM taken)
$$;
