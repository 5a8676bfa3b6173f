-- Records a prefetch call before it is sent. Until its answer is stored, the call counts as a loss
-- of all tokens that it requested (docs/design.md#i8).
--
-- Safe to repeat: the caller makes the id, so a second execution finds the row of the first one.
CREATE OR REPLACE FUNCTION announce_prefetch(p_id uuid, p_namespace text, p_fencing bigint, p_requested int)
RETURNS void LANGUAGE sql AS $$
  INSERT INTO prefetch_call (id, namespace, fencing, requested)
  VALUES (p_id, p_namespace, p_fencing, p_requested)
  ON CONFLICT (id) DO NOTHING
$$;
