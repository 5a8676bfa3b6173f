-- STAGED -> AVAILABLE for pairs that NS2 has confirmed. Needs the lease of the run. Returns how
-- many pairs became available.
--
-- The run names both tokens of each pair as NS2 confirmed them. The id alone is no proof: after a
-- restore from backup other pairs get the same ids, and a run that outlived the restore would make
-- pairs available that NS2 never confirmed.
--
-- Safe to repeat: only pairs that are still STAGED change. An overlapping run waits for the row's
-- lock and then finds another state.
CREATE OR REPLACE FUNCTION activate_mapped_pairs(
  p_fencing bigint,
  p_pair_ids bigint[],
  p_internal_tokens text[],
  p_card_references text[]
) RETURNS int LANGUAGE sql AS $$
  SELECT activate_pairs(
    p_fencing,
    ARRAY(
      SELECT pair.id
      FROM unnest(p_pair_ids, p_internal_tokens, p_card_references) AS mapped (id, internal_token, card_reference)
      JOIN pair USING (id, internal_token, card_reference)
    )
  )
$$;
