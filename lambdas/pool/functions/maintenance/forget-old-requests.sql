-- One batch of each kind that purge_expired knows; how many idempotency keys. The release before this one calls it once in a run:
-- bounded, so that it succeeds however much has piled up.
CREATE OR REPLACE FUNCTION forget_old_requests() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  PERFORM purge_expired(kind, 5000)
  FROM unnest(ARRAY[
    'direct-path-seconds', 'caller-budgets', 'prefetch-calls', 'unanswered-calls', 'refill-runs', 'pool-samples',
    'rejected-tokens', 'expired-tokens'
  ]) AS kind;
  RETURN purge_expired('idempotency-keys', 5000);
END $$;
