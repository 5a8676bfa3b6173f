-- Of many who find the pool empty at once one leaves the request; the others find it there and write nothing.
CREATE OR REPLACE FUNCTION request_refill() RETURNS void LANGUAGE sql AS $$
  INSERT INTO refill_request DEFAULT VALUES ON CONFLICT DO NOTHING
$$;
