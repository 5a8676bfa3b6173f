-- STAGED -> AVAILABLE under the lease of the run, for activate_mapped_pairs, which checks the
-- tokens. Functions of the previous release call it directly while a deployment is under way.
-- Returns how many pairs became available.
--
-- Safe to repeat: only pairs that are still STAGED change.
CREATE OR REPLACE FUNCTION activate_pairs(p_fencing bigint, p_pair_ids bigint[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  activated bigint[];
BEGIN
  PERFORM assert_lease('prefetch', p_fencing);
  WITH pooled AS (
    UPDATE pair
    SET state = 'POOLED', available_at = now()
    WHERE id = ANY (p_pair_ids) AND state = 'STAGED'
    RETURNING id
  ),
  unstaged AS (
    DELETE FROM staged_pair USING pooled WHERE staged_pair.pair_id = pooled.id
  )
  SELECT array_agg(id) INTO activated FROM pooled;
  IF activated IS NULL THEN
    RETURN 0;
  END IF;
  RETURN make_available(activated);
END $$;
