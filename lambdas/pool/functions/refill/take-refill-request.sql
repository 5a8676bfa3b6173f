-- Takes the open request, if there is one, so that it is answered once.
CREATE OR REPLACE FUNCTION take_refill_request() RETURNS boolean LANGUAGE sql AS $$
  WITH taken AS (DELETE FROM refill_request RETURNING requested_at)
  SELECT EXISTS (SELECT FROM taken)
$$;
