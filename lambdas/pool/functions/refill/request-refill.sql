-- Requests a refill.
--
-- Safe to repeat: concurrent and repeated requests share one row. The first one inserts it, and the
-- others find it and write nothing.
CREATE OR REPLACE FUNCTION request_refill() RETURNS void LANGUAGE sql AS $$
  INSERT INTO refill_request DEFAULT VALUES ON CONFLICT DO NOTHING
$$;
