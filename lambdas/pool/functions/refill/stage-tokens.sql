-- Stores the answers of prefetch calls: (none) -> STAGED under the lease of the run. It takes the
-- spare tokens (at most 5,000 of each namespace, as count_spare_tokens counts them), combines them
-- and the new tokens to pairs, keeps the tokens that are left over, sets the unusable ones aside,
-- and closes the announcements. An unusable token does not stop the others. The reasons, beside
-- those that the caller names:
--
--   expired                   expires before the margin ends, by the database's clock
--   other-form                an internal token of a form that this profile does not allow; the
--                             caller, or the run that kept a spare token, had another profile
--   card-network-prefix       the same for a reference
--   equal-to-other-namespace  the other namespace issued the same text, or it is stored there
--
-- The text of an unusable token is stored only if it has the form of its namespace or cannot be a
-- card number. Other ones are only counted (forgotten_token), so that all tokens that TOME issued
-- are accounted for (docs/design.md#i8).
--
-- Sequential scans are off, because the planner cannot know how few rows of pair are requested.
--
-- Safe to repeat: a second execution after a lost commit finds its tokens stored and its
-- announcements closed, and changes nothing. A token that is in a pair is skipped, by both unique
-- indexes. Answered tokens are counted only while the announcement of their answer is open.
CREATE OR REPLACE FUNCTION stage_tokens(
  p_fencing bigint,
  p_announcements uuid[],
  p_internal_tokens text[],
  p_internal_expiries timestamptz[],
  p_references text[],
  p_reference_expiries timestamptz[],
  p_rejected_namespaces text[],
  p_rejected text[],
  p_rejected_because text[],
  p_expiry_margin_seconds float8,
  OUT staged int,
  OUT spare_internal_tokens int,
  OUT spare_references int,
  OUT rejected int
) LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
DECLARE
  margin CONSTANT interval := make_interval(secs => p_expiry_margin_seconds);
  internals text[];
  internal_ends timestamptz[];
  refs text[];
  ref_ends timestamptz[];
  aside_namespaces text[];
  aside text[];
  aside_because text[];
  is_kept boolean[];
  was_spare boolean[];
BEGIN
  PERFORM assert_lease('prefetch', p_fencing);
  -- A second execution waits here for the first one, and then finds the announcements closed.
  PERFORM FROM prefetch_call WHERE id = ANY (p_announcements) FOR UPDATE;

  -- Decides about each token once, also if TOME names it twice. Spare tokens have the place 0, so
  -- they come first, by expiry, and then the new ones in TOME's order.
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
  named AS (
    SELECT
      namespace,
      token,
      min(expires_at) AS expires_at,
      min(place) AS place,
      CASE WHEN bool_and(because IS NOT NULL) THEN min(because) END AS because
    FROM (
      SELECT namespace, token, expires_at, 0 AS place, NULL AS because FROM spare
      UNION ALL
      SELECT 'ns1', token, expires_at, place, NULL
      FROM unnest(p_internal_tokens, p_internal_expiries) WITH ORDINALITY AS answered (token, expires_at, place)
      UNION ALL
      SELECT 'ns2', token, expires_at, place, NULL
      FROM unnest(p_references, p_reference_expiries) WITH ORDINALITY AS answered (token, expires_at, place)
      UNION ALL
      SELECT namespace, token, NULL, NULL, because
      FROM unnest(p_rejected_namespaces, p_rejected, p_rejected_because) AS refused (namespace, token, because)
      WHERE token IS NOT NULL
    ) AS given
    GROUP BY namespace, token
  ),
  compared AS MATERIALIZED (
    SELECT
      *,
      CASE namespace WHEN 'ns1' THEN is_internal_token(token) ELSE may_be_new_reference(token) END AS has_form,
      count(*) FILTER (WHERE because IS DISTINCT FROM 'token-format') OVER (PARTITION BY token) > 1
        OR CASE namespace
          WHEN 'ns1' THEN length(token) = 16 AND is_stored_reference(token)
          ELSE is_stored_internal_token(token)
        END AS is_of_other_namespace
    FROM named
  ),
  judged AS (
    SELECT
      *,
      CASE
        WHEN because IS NOT NULL THEN because
        WHEN place > 0 AND expires_at <= now() + margin THEN 'expired'
        WHEN NOT has_form THEN CASE namespace WHEN 'ns1' THEN 'other-form' ELSE 'card-network-prefix' END
        WHEN is_of_other_namespace THEN 'equal-to-other-namespace'
      END AS fault
    FROM compared
  )
  SELECT
    coalesce(array_agg(token ORDER BY place, expires_at) FILTER (WHERE namespace = 'ns1' AND fault IS NULL), '{}'),
    array_agg(expires_at ORDER BY place, expires_at) FILTER (WHERE namespace = 'ns1' AND fault IS NULL),
    coalesce(array_agg(token ORDER BY place, expires_at) FILTER (WHERE namespace = 'ns2' AND fault IS NULL), '{}'),
    array_agg(expires_at ORDER BY place, expires_at) FILTER (WHERE namespace = 'ns2' AND fault IS NULL),
    coalesce(array_agg(namespace ORDER BY namespace, token) FILTER (WHERE fault IS NOT NULL), '{}'),
    array_agg(token ORDER BY namespace, token) FILTER (WHERE fault IS NOT NULL),
    array_agg(fault ORDER BY namespace, token) FILTER (WHERE fault IS NOT NULL),
    array_agg(
      NOT is_of_other_namespace AND (has_form OR NOT may_contain_card_number(token)) ORDER BY namespace, token
    ) FILTER (WHERE fault IS NOT NULL),
    array_agg(place IS NOT DISTINCT FROM 0 ORDER BY namespace, token) FILTER (WHERE fault IS NOT NULL),
    cardinality(p_rejected) + count(*) FILTER (WHERE fault IS NOT NULL AND because IS NULL)
    INTO internals, internal_ends, refs, ref_ends, aside_namespaces, aside, aside_because, is_kept, was_spare, rejected
    FROM judged;

  WITH internal AS (
    SELECT * FROM unnest(internals, internal_ends) WITH ORDINALITY AS usable (token, expires_at, place)
  ),
  reference AS (
    SELECT * FROM unnest(refs, ref_ends) WITH ORDINALITY AS usable (token, expires_at, place)
  ),
  inserted AS (
    INSERT INTO pair (internal_token, card_reference, expires_at)
    SELECT internal.token, reference.token, least(internal.expires_at, reference.expires_at) - margin
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
    SELECT 'ns1' AS namespace, token, expires_at
    FROM internal
    WHERE NOT EXISTS (SELECT FROM inserted WHERE inserted.internal_token = token)
    UNION ALL
    SELECT 'ns2', token, expires_at
    FROM reference
    WHERE NOT EXISTS (SELECT FROM inserted WHERE inserted.card_reference = token)
  ),
  kept AS (
    INSERT INTO unpaired_token (namespace, token, expires_at)
    SELECT namespace, token, expires_at
    FROM loose
    WHERE NOT EXISTS (SELECT FROM pair WHERE pair.internal_token = loose.token)
      AND NOT EXISTS (SELECT FROM pair WHERE pair.card_reference = loose.token)
    ON CONFLICT DO NOTHING
    RETURNING namespace
  )
  SELECT
    (SELECT count(*) FROM inserted),
    count(*) FILTER (WHERE namespace = 'ns1'),
    count(*) FILTER (WHERE namespace = 'ns2')
    INTO staged, spare_internal_tokens, spare_references
    FROM kept;

  -- Unusable tokens, unless they are stored already: TOME can name a token again.
  WITH unusable AS MATERIALIZED (
    SELECT *
    FROM unnest(aside_namespaces, aside, aside_because, is_kept, was_spare)
      AS set_aside (namespace, token, because, is_kept, was_spare)
    WHERE NOT CASE namespace WHEN 'ns1' THEN is_stored_internal_token(token) ELSE is_stored_reference(token) END
  ),
  kept AS (
    INSERT INTO unpaired_token (namespace, token, rejected_because)
    SELECT namespace, token, because FROM unusable WHERE unusable.is_kept
    ON CONFLICT DO NOTHING
  ),
  answered AS (
    SELECT DISTINCT namespace FROM prefetch_call WHERE id = ANY (p_announcements) AND stored_at IS NULL
  )
  INSERT INTO forgotten_token AS forgotten (namespace, reason, tokens)
    SELECT namespace, 'rejected', count(*)
    FROM (
      SELECT namespace FROM unusable WHERE NOT unusable.is_kept AND unusable.was_spare
      UNION ALL
      SELECT namespace FROM unusable JOIN answered USING (namespace) WHERE NOT unusable.is_kept AND NOT unusable.was_spare
      UNION ALL
      SELECT namespace
      FROM unnest(p_rejected_namespaces, p_rejected) AS refused (namespace, token)
      JOIN answered USING (namespace)
      WHERE token IS NULL
    ) AS uncounted
    GROUP BY namespace
    ON CONFLICT (namespace, reason) DO UPDATE SET tokens = forgotten.tokens + excluded.tokens;
  UPDATE prefetch_call SET stored_at = now() WHERE id = ANY (p_announcements);
END $$;
