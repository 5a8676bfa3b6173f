-- Closes events that the queue has accepted: deletes them, makes their pairs USED in pair, and adds
-- them to the count of sent events. For close_sent_events, which checks the references. Functions
-- of the previous release call it directly while a deployment is under way.
--
-- Safe to repeat: only events that this statement deletes are counted.
CREATE OR REPLACE FUNCTION close_events(p_pair_ids bigint[]) RETURNS void LANGUAGE sql AS $$
  WITH sent AS (
    DELETE FROM outbox_event WHERE pair_id = ANY (p_pair_ids) RETURNING *
  ),
  filed AS (
    UPDATE pair
    SET state = 'USED', reservation_id = sent.reservation_id, reserved_at = sent.reserved_at, used_at = sent.occurred_at
    FROM sent
    WHERE pair.id = sent.pair_id AND pair.state = 'POOLED'
  )
  UPDATE sent_event_count SET sent = sent + (SELECT count(*) FROM sent)
$$;
