-- Deletes rows of one kind whose retention is over, at most p_limit. Returns how many. The caller
-- repeats it while it returns a full batch, so each statement is short for any backlog, and a
-- failure of one kind stops no other. Each kind has an index in the order of its time. Deleted
-- tokens are added to forgotten_token: tokens issued = stored + forgotten + lost with an answer
-- (docs/design.md#i8).
--
--   idempotency-keys     retention is over
--   direct-path-seconds  older than a minute, or in the future after the clock was set back: these
--                        would count against seconds to come
--   caller-budgets       full for a day
--   prefetch-calls       answered 30 days ago
--   unanswered-calls     announced 30 days ago; their tokens stay counted as lost
--   refill-runs          older than a day, or in the future
--   pool-samples         older than a day
--   rejected-tokens      rejected 90 days ago; if TOME delivers one again, it is checked again
--   expired-tokens       spare tokens that expired 30 days ago
--
-- Safe to repeat: a second execution deletes the next rows.
CREATE OR REPLACE FUNCTION purge_expired(p_kind text, p_limit int) RETURNS int LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  purged int;
BEGIN
  CASE p_kind
    WHEN 'idempotency-keys' THEN
      DELETE FROM idempotency_key WHERE key_hash = ANY (ARRAY(
        SELECT key_hash FROM idempotency_key WHERE expires_at < now() ORDER BY expires_at LIMIT p_limit FOR UPDATE SKIP LOCKED
      ));
      GET DIAGNOSTICS purged = ROW_COUNT;
    WHEN 'direct-path-seconds' THEN
      DELETE FROM direct_path_second WHERE second = ANY (ARRAY(
        (SELECT second FROM direct_path_second WHERE second < now() - interval '1 minute' ORDER BY second LIMIT p_limit)
        UNION ALL
        (SELECT second FROM direct_path_second WHERE second > now() + interval '1 minute' ORDER BY second LIMIT p_limit)
        LIMIT p_limit
      ));
      GET DIAGNOSTICS purged = ROW_COUNT;
    WHEN 'caller-budgets' THEN
      DELETE FROM caller_budget
        USING (
          SELECT caller, kind
          FROM caller_budget
          WHERE spent_until < now() - interval '1 day'
          ORDER BY spent_until
          LIMIT p_limit
          FOR UPDATE SKIP LOCKED
        ) AS old
        WHERE caller_budget.caller = old.caller AND caller_budget.kind = old.kind;
      GET DIAGNOSTICS purged = ROW_COUNT;
    WHEN 'prefetch-calls' THEN
      DELETE FROM prefetch_call WHERE id = ANY (ARRAY(
        SELECT id FROM prefetch_call WHERE stored_at < now() - interval '30 days' ORDER BY stored_at LIMIT p_limit
      ));
      GET DIAGNOSTICS purged = ROW_COUNT;
    WHEN 'unanswered-calls' THEN
      WITH gone AS (
        DELETE FROM prefetch_call WHERE id = ANY (ARRAY(
          SELECT id
          FROM prefetch_call
          WHERE stored_at IS NULL AND announced_at < now() - interval '30 days'
          ORDER BY announced_at
          LIMIT p_limit
        ))
        RETURNING namespace, requested
      ),
      counted AS (
        INSERT INTO forgotten_token AS forgotten (namespace, reason, tokens)
        SELECT namespace, 'unanswered', sum(requested) FROM gone GROUP BY namespace
        ON CONFLICT (namespace, reason) DO UPDATE SET tokens = forgotten.tokens + excluded.tokens
      )
      SELECT count(*)::int INTO purged FROM gone;
    WHEN 'refill-runs' THEN
      DELETE FROM refill_run WHERE started_at = ANY (ARRAY(
        (SELECT started_at FROM refill_run WHERE started_at < now() - interval '1 day' ORDER BY started_at LIMIT p_limit)
        UNION ALL
        (SELECT started_at FROM refill_run WHERE started_at > now() ORDER BY started_at LIMIT p_limit)
        LIMIT p_limit
      ));
      GET DIAGNOSTICS purged = ROW_COUNT;
    WHEN 'pool-samples' THEN
      DELETE FROM pool_sample WHERE sampled_at = ANY (ARRAY(
        SELECT sampled_at FROM pool_sample WHERE sampled_at < now() - interval '1 day' ORDER BY sampled_at LIMIT p_limit
      ));
      GET DIAGNOSTICS purged = ROW_COUNT;
    WHEN 'rejected-tokens' THEN
      WITH gone AS (
        DELETE FROM unpaired_token
        USING (
          SELECT namespace, token
          FROM unpaired_token
          WHERE rejected_because IS NOT NULL AND stored_at < now() - interval '90 days'
          ORDER BY stored_at
          LIMIT p_limit
        ) AS old
        WHERE unpaired_token.namespace = old.namespace AND unpaired_token.token = old.token
        RETURNING unpaired_token.namespace
      ),
      counted AS (
        INSERT INTO forgotten_token AS forgotten (namespace, reason, tokens)
        SELECT namespace, 'rejected', count(*) FROM gone GROUP BY namespace
        ON CONFLICT (namespace, reason) DO UPDATE SET tokens = forgotten.tokens + excluded.tokens
      )
      SELECT count(*)::int INTO purged FROM gone;
    WHEN 'expired-tokens' THEN
      WITH gone AS (
        DELETE FROM unpaired_token
        USING (
          (
            SELECT namespace, token
            FROM unpaired_token
            WHERE namespace = 'ns1' AND rejected_because IS NULL AND expires_at < now() - interval '30 days'
            ORDER BY expires_at
            LIMIT p_limit
          )
          UNION ALL
          (
            SELECT namespace, token
            FROM unpaired_token
            WHERE namespace = 'ns2' AND rejected_because IS NULL AND expires_at < now() - interval '30 days'
            ORDER BY expires_at
            LIMIT p_limit
          )
          LIMIT p_limit
        ) AS old
        WHERE unpaired_token.namespace = old.namespace AND unpaired_token.token = old.token
        RETURNING unpaired_token.namespace
      ),
      counted AS (
        INSERT INTO forgotten_token AS forgotten (namespace, reason, tokens)
        SELECT namespace, 'expired', count(*) FROM gone GROUP BY namespace
        ON CONFLICT (namespace, reason) DO UPDATE SET tokens = forgotten.tokens + excluded.tokens
      )
      SELECT count(*)::int INTO purged FROM gone;
    ELSE
      RAISE EXCEPTION 'purge_expired: the kind % is unknown', p_kind USING ERRCODE = 'invalid_parameter_value';
  END CASE;
  RETURN purged;
END $$;
