-- stage_tokens, for functions of the previous release that call it under this name while a
-- deployment is under way. Its rejected tokens are references.
--
-- Safe to repeat, as stage_tokens is.
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
) LANGUAGE sql AS $$
  SELECT tokens.staged, tokens.spare_internal_tokens, tokens.spare_references
  FROM stage_tokens(
    p_fencing,
    p_announcements,
    p_internal_tokens,
    p_internal_expiries,
    p_references,
    p_reference_expiries,
    array_fill('ns2'::text, ARRAY[cardinality(p_rejected)]),
    p_rejected,
    p_rejected_because,
    p_expiry_margin_seconds
  ) AS tokens
$$;
