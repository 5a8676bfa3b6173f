-- Stores the answers of prefetch calls: (none) -> STAGED under the lease of the run. It calls
-- stage_pairs for the usable tokens, and in the same transaction sets aside the others: values that
-- are no tokens, references that the format forbids, and tokens that expire before the margin ends,
-- by the database's clock. An unusable token does not stop the others. A rejected token without a
-- text is only counted (forgotten_token), so that all tokens that TOME issued are accounted for
-- (docs/design.md#i8).
--
-- Safe to repeat: a second execution after a lost commit finds its tokens stored and its
-- announcements closed, and changes nothing. Tokens are counted only while the announcement of
-- their answer is open.
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
) LANGUAGE plpgsql AS $$
DECLARE
  earliest CONSTANT timestamptz := now() + make_interval(secs => p_expiry_margin_seconds);
  internals text[];
  internal_ends timestamptz[];
  refs text[];
  ref_ends timestamptz[];
BEGIN
  PERFORM assert_lease('prefetch', p_fencing);
  -- A second execution waits here for the first one, and then finds the announcements closed.
  PERFORM FROM prefetch_call WHERE id = ANY (p_announcements) FOR UPDATE;
  INSERT INTO forgotten_token AS forgotten (namespace, reason, tokens)
    SELECT prefetch_call.namespace, 'rejected', count(*)
    FROM prefetch_call
    JOIN unnest(p_rejected_namespaces, p_rejected) AS refused (namespace, token) USING (namespace)
    WHERE prefetch_call.id = ANY (p_announcements) AND prefetch_call.stored_at IS NULL AND refused.token IS NULL
    GROUP BY prefetch_call.namespace
    ON CONFLICT (namespace, reason) DO UPDATE SET tokens = forgotten.tokens + excluded.tokens;
  SELECT
    array_agg(token ORDER BY place) FILTER (WHERE namespace = 'ns1' AND lasts),
    array_agg(expires_at ORDER BY place) FILTER (WHERE namespace = 'ns1' AND lasts),
    array_agg(token ORDER BY place) FILTER (WHERE namespace = 'ns2' AND lasts),
    array_agg(expires_at ORDER BY place) FILTER (WHERE namespace = 'ns2' AND lasts),
    p_rejected_namespaces || coalesce(array_agg(namespace ORDER BY place) FILTER (WHERE NOT lasts), '{}'),
    p_rejected || coalesce(array_agg(token ORDER BY place) FILTER (WHERE NOT lasts), '{}'),
    p_rejected_because || coalesce(array_agg('expired'::text ORDER BY place) FILTER (WHERE NOT lasts), '{}')
    INTO internals, internal_ends, refs, ref_ends, p_rejected_namespaces, p_rejected, p_rejected_because
    FROM (
      SELECT 'ns1' AS namespace, token, expires_at, place, expires_at IS NULL OR expires_at > earliest AS lasts
      FROM unnest(p_internal_tokens, p_internal_expiries) WITH ORDINALITY AS given (token, expires_at, place)
      UNION ALL
      SELECT 'ns2', token, expires_at, place, expires_at IS NULL OR expires_at > earliest
      FROM unnest(p_references, p_reference_expiries) WITH ORDINALITY AS given (token, expires_at, place)
    ) AS given;

  SELECT pairs.staged, pairs.spare_internal_tokens, pairs.spare_references
    INTO staged, spare_internal_tokens, spare_references
    FROM stage_pairs(
      p_fencing,
      p_announcements,
      coalesce(internals, '{}'),
      coalesce(internal_ends, '{}'),
      coalesce(refs, '{}'),
      coalesce(ref_ends, '{}'),
      '{}',
      '{}',
      p_expiry_margin_seconds
    ) AS pairs;

  INSERT INTO unpaired_token (namespace, token, rejected_because)
    SELECT namespace, token, because
    FROM unnest(p_rejected_namespaces, p_rejected, p_rejected_because) AS refused (namespace, token, because)
    WHERE token IS NOT NULL
      AND NOT EXISTS (SELECT FROM pair WHERE pair.internal_token = refused.token)
      AND NOT EXISTS (SELECT FROM pair WHERE pair.card_reference = refused.token)
    ON CONFLICT DO NOTHING;
  rejected := cardinality(p_rejected);
END $$;
