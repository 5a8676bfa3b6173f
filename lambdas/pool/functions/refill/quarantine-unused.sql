-- STAGED or AVAILABLE -> QUARANTINED for these pairs. Returns how many.
--
-- Concurrency: each pair leaves its table first, and only those that this statement removed are
-- quarantined. A pair that was reserved meanwhile has no row in available_pair any more, and stays
-- with its owner. The pairs are locked in the order of their ids, so that two executions cannot
-- deadlock.
--
-- Safe to repeat: a second execution finds the pairs in quarantine.
CREATE OR REPLACE FUNCTION quarantine_unused(p_pair_ids bigint[], p_reason text) RETURNS int LANGUAGE sql AS $$
  WITH locked AS MATERIALIZED (
    SELECT id FROM pair WHERE id = ANY (p_pair_ids) AND state IN ('STAGED', 'POOLED') ORDER BY id FOR UPDATE
  ),
  unstaged AS (
    DELETE FROM staged_pair USING locked WHERE staged_pair.pair_id = locked.id RETURNING pair_id
  ),
  withdrawn AS (
    DELETE FROM available_pair USING locked WHERE available_pair.pair_id = locked.id RETURNING pair_id
  ),
  quarantined AS (
    UPDATE pair
    SET state = 'QUARANTINED', reason = p_reason, quarantined_at = now()
    FROM (SELECT pair_id FROM unstaged UNION SELECT pair_id FROM withdrawn) AS taken
    WHERE pair.id = taken.pair_id
    RETURNING pair.id
  ),
  recorded AS (
    INSERT INTO quarantined_pair (pair_id)
    SELECT id FROM quarantined
    RETURNING pair_id
  )
  SELECT count(*)::int FROM recorded
$$;
