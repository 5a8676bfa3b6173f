-- Requests a refill. Concurrent requests share one row: the first execution inserts it, and the
-- others find it and write nothing.
CREATE OR REPLACE FUNCTION request_refill() RETURNS void LANGUAGE sql AS $$
  INSERT INTO refill_request DEFAULT VALUES ON CONFLICT DO NOTHING
$$;
