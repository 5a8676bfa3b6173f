-- Counts a failed attempt to bind each pair on NS2. Quarantines the pairs that have reached
-- p_max_failures, and returns how many.
--
-- Repeated after a lost commit it counts one failure too many, which is harmless.
CREATE OR REPLACE FUNCTION note_mapping_failure(p_pair_ids bigint[], p_max_failures int)
RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  failed_too_often bigint[];
BEGIN
  WITH counted AS (
    UPDATE staged_pair
    SET failures = failures + 1
    WHERE pair_id = ANY (p_pair_ids)
    RETURNING pair_id, failures
  )
  SELECT array_agg(pair_id) FILTER (WHERE failures >= p_max_failures) INTO failed_too_often FROM counted;
  RETURN quarantine_unused(coalesce(failed_too_often, '{}'), 'unmappable');
END $$;
