-- Closes events that the queue has accepted. Each one is named by the id of its pair and the
-- reference that was sent. The id alone is no proof: after a restore from backup another pair can
-- have it, and a relay that outlived the restore would close an event that was never sent.
--
-- Safe to repeat: a closed event has no row any more.
CREATE OR REPLACE FUNCTION close_sent_events(p_pair_ids bigint[], p_card_references text[])
RETURNS void LANGUAGE sql AS $$
  SELECT close_events(
    ARRAY(
      SELECT pair.id
      FROM unnest(p_pair_ids, p_card_references) AS sent (id, card_reference)
      JOIN pair USING (id, card_reference)
    )
  )
$$;
