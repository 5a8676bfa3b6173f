-- Counts a failed mapping of each pair; those that reach p_max_failures are quarantined. Counting one too many is harmless.
CREATE OR REPLACE FUNCTION note_mapping_failure(p_pair_ids bigint[], p_max_failures int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  hopeless bigint[];
BEGIN
  WITH counted AS (
    UPDATE staged_pair
    SET failures = failures + 1
    WHERE pair_id = ANY (p_pair_ids)
    RETURNING pair_id, failures
  )
  SELECT array_agg(pair_id) FILTER (WHERE failures >= p_max_failures) INTO hopeless FROM counted;
  RETURN quarantine_unused(coalesce(hopeless, '{}'), 'unmappable');
END $$;
