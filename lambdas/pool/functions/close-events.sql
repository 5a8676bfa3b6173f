-- Closes events that the queue has taken, and counts them once: only rows that this statement deletes.
CREATE OR REPLACE FUNCTION close_events(p_pair_ids bigint[]) RETURNS void LANGUAGE sql AS $$
  WITH sent AS (
    DELETE FROM outbox_event WHERE pair_id = ANY (p_pair_ids) RETURNING pair_id
  )
  UPDATE sent_event_count SET sent = sent + (SELECT count(*) FROM sent)
$$;
