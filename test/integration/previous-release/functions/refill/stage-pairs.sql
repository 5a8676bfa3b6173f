-- (none) -> STAGED under the lease of the run. It takes the spare tokens (at most 5,000 of each
-- namespace, as count_spare_tokens counts them), combines them and the new tokens to pairs, keeps
-- the tokens that are left over, and closes the announcements. Called by stage_tokens; functions of
-- the previous release call it directly while a deployment is under way.
--
-- Sequential scans are off, because the planner cannot know how few rows of pair are requested.
--
-- Safe to repeat: a second execution after a lost commit finds its tokens stored and changes
-- nothing. A token that is in a pair is skipped, by both unique indexes.
CREATE OR REPLACE FUNCTION stage_pairs(
  p_fencing bigint,
  p_announcements uuid[],
  p_internal_tokens text[],
  p_internal_expiries timestamptz[],
  p_references text[],
  p_reference_expiries timestamptz[],
  p_rejected text[],
  p_rejected_because text[],
  p_expiry_margin_seconds float8,
  OUT staged int,
  OUT spare_internal_tokens int,
  OUT spare_references int
) LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
BEGIN
  PERFORM assert_lease('prefetch', p_fencing);
  WITH spare AS (
    DELETE FROM unpaired_token
    USING (
      SELECT 'ns1' AS namespace, token FROM spare_tokens('ns1', 5000)
      UNION ALL
      SELECT 'ns2', token FROM spare_tokens('ns2', 5000)
    ) AS chosen
    WHERE unpaired_token.namespace = chosen.namespace
      AND unpaired_token.token = chosen.token
      AND unpaired_token.rejected_because IS NULL
    RETURNING unpaired_token.namespace, unpaired_token.token, unpaired_token.expires_at
  ),
  -- Spare tokens first, by expiry, then the new ones in TOME's order. Each token once, also if TOME
  -- names it twice.
  internal AS MATERIALIZED (
    SELECT token, min(expires_at) AS expires_at, row_number() OVER (ORDER BY min(place), min(expires_at)) AS place
    FROM (
      SELECT token, expires_at, 0 AS place FROM spare WHERE namespace = 'ns1'
      UNION ALL
      SELECT * FROM unnest(p_internal_tokens, p_internal_expiries) WITH ORDINALITY
    ) AS given (token, expires_at, place)
    GROUP BY token
  ),
  reference AS MATERIALIZED (
    SELECT token, min(expires_at) AS expires_at, row_number() OVER (ORDER BY min(place), min(expires_at)) AS place
    FROM (
      SELECT token, expires_at, 0 AS place FROM spare WHERE namespace = 'ns2'
      UNION ALL
      SELECT * FROM unnest(p_references, p_reference_expiries) WITH ORDINALITY
    ) AS given (token, expires_at, place)
    -- The caller has checked the form. A token that starts like a card number is rejected here too,
    -- and does not stop the others.
    WHERE may_be_new_reference(token)
    GROUP BY token
  ),
  inserted AS (
    INSERT INTO pair (internal_token, card_reference, expires_at)
    SELECT
      internal.token,
      reference.token,
      least(internal.expires_at, reference.expires_at) - make_interval(secs => p_expiry_margin_seconds)
    FROM internal
    JOIN reference USING (place)
    ON CONFLICT DO NOTHING
    RETURNING id, internal_token, card_reference, expires_at
  ),
  listed AS (
    INSERT INTO staged_pair (pair_id, expires_at)
    SELECT id, expires_at FROM inserted
  ),
  -- Only tokens that are in no pair, of this statement or an earlier one.
  loose AS (
    SELECT 'ns1' AS namespace, token, expires_at, NULL AS rejected_because
    FROM internal
    WHERE NOT EXISTS (SELECT FROM inserted WHERE inserted.internal_token = token)
    UNION ALL
    SELECT 'ns2', token, expires_at, NULL
    FROM reference
    WHERE NOT EXISTS (SELECT FROM inserted WHERE inserted.card_reference = token)
    UNION ALL
    SELECT 'ns2', token, NULL, because FROM unnest(p_rejected, p_rejected_because) AS refused (token, because)
    UNION ALL
    SELECT 'ns2', token, NULL, 'card-network-prefix'
    FROM unnest(p_references) AS token
    WHERE NOT may_be_new_reference(token)
  ),
  kept AS (
    INSERT INTO unpaired_token (namespace, token, expires_at, rejected_because)
    SELECT namespace, token, expires_at, rejected_because
    FROM loose
    WHERE NOT EXISTS (SELECT FROM pair WHERE pair.internal_token = loose.token)
      AND NOT EXISTS (SELECT FROM pair WHERE pair.card_reference = loose.token)
    ON CONFLICT DO NOTHING
    RETURNING namespace, unpaired_token.rejected_because
  )
  SELECT
    (SELECT count(*) FROM inserted)::int,
    count(*) FILTER (WHERE namespace = 'ns1')::int,
    count(*) FILTER (WHERE namespace = 'ns2' AND rejected_because IS NULL)::int
    INTO staged, spare_internal_tokens, spare_references
    FROM kept;
  UPDATE prefetch_call SET stored_at = now() WHERE id = ANY (p_announcements);
END $$;
