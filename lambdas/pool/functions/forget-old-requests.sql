-- Expired idempotency keys with their fingerprints (rule 6), seconds of the direct budget, settled prefetch calls and refills; how many keys.
CREATE OR REPLACE FUNCTION forget_old_requests() RETURNS int LANGUAGE sql AS $$
  WITH keys AS (DELETE FROM idempotency_key WHERE expires_at < now() RETURNING 1),
    seconds AS (DELETE FROM direct_path_second WHERE second < now() - interval '1 minute'),
    calls AS (DELETE FROM prefetch_call WHERE stored_at < now() - interval '30 days'),
    runs AS (DELETE FROM refill_run WHERE started_at < now() - interval '1 day')
  SELECT count(*)::int FROM keys
$$;
