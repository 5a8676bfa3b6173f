-- Counts what must not grow unnoticed, for the gauges: pairs quarantined in the last hour; tokens
-- of prefetch calls of the last day without an answer (calls of the last 15 minutes may still be
-- running); spare tokens; and how long the oldest idempotency key is overdue for deletion.
CREATE OR REPLACE FUNCTION pool_growth(
  OUT quarantined_last_hour float8,
  OUT tokens_leaked_last_day float8,
  OUT spare_tokens float8,
  OUT purge_lag_seconds float8
) LANGUAGE sql STABLE
SET enable_seqscan = off
AS $$
  SELECT
    coalesce(
      (
        SELECT greatest(row_count('quarantined_pair') - quarantined, 0)
        FROM pool_sample
        WHERE sampled_at BETWEEN now() - interval '1 hour' AND now() AND quarantined IS NOT NULL
        ORDER BY sampled_at
        LIMIT 1
      ),
      0
    ),
    coalesce(
      (
        SELECT sum(requested)
        FROM prefetch_call
        WHERE stored_at IS NULL AND announced_at BETWEEN now() - interval '1 day' AND now() - interval '15 minutes'
      ),
      0
    ),
    (SELECT internal_tokens + card_references FROM count_spare_tokens()),
    coalesce(
      (SELECT greatest(extract(epoch FROM now() - expires_at), 0) FROM idempotency_key ORDER BY expires_at LIMIT 1),
      0
    )
$$;
