-- Written before the call is made. Until the answer is stored the call counts as a leak of all that it asked for (rule 7 and I8). The id is the
-- caller's, so that a second execution collides with the first.
CREATE OR REPLACE FUNCTION announce_prefetch(p_id uuid, p_namespace text, p_fencing bigint, p_requested int)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO prefetch_call (id, namespace, fencing, requested)
  VALUES (p_id, p_namespace, p_fencing, p_requested)
  ON CONFLICT (id) DO NOTHING
$$;
