-- Withdraws every pair and spare token that is not used, after a restore from backup. The backup
-- shows pairs as unused that were used since. None of them may become available again; reads repair
-- those that were used (docs/design.md#after-a-restore). Returns how many pairs and spare tokens.
-- Spare tokens are withdrawn because they may have been paired since.
--
-- The number of the prefetch lease is increased, so that a run that outlived the restore cannot
-- activate its pairs.
--
-- Concurrency: the locks wait for running writers and exclude new ones until this transaction ends.
-- A pair that was taken in between would be missed, and could be released after the fence.
-- pool_cursor is locked first: from then on reserve is refused at once, also while the fence still
-- waits for running writers. Reads continue. A writer that already holds locks can deadlock with
-- the fence. Then PostgreSQL ends one of them (40P01), and the caller executes it again.
--
-- Safe to repeat: a second execution finds only pairs that became available after the first one,
-- and withdraws them too.
CREATE OR REPLACE FUNCTION fence_restored(OUT quarantined int, OUT spare_tokens int) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE job_lease
    SET fencing = fencing + 1000000, holder = 'restore fence', expires_at = '-infinity'
    WHERE job = 'prefetch';
  LOCK TABLE pool_cursor, available_pair, reservation, pair, staged_pair IN EXCLUSIVE MODE;
  WITH unstaged AS (DELETE FROM staged_pair RETURNING pair_id),
    withdrawn AS (DELETE FROM available_pair RETURNING pair_id),
    closed AS (DELETE FROM reservation RETURNING pair_id, id, reserved_at),
    unused AS (
      SELECT pair_id, NULL::uuid AS reservation_id, NULL::timestamptz AS reserved_at FROM unstaged
      UNION ALL
      SELECT pair_id, NULL, NULL FROM withdrawn
      UNION ALL
      SELECT pair_id, id, reserved_at FROM closed
    ),
    fenced AS (
      UPDATE pair
      SET
        state = 'QUARANTINED',
        reason = 'restored',
        quarantined_at = now(),
        reservation_id = unused.reservation_id,
        reserved_at = unused.reserved_at
      FROM unused
      WHERE pair.id = unused.pair_id
      RETURNING pair.id
    ),
    recorded AS (INSERT INTO quarantined_pair (pair_id) SELECT id FROM fenced RETURNING pair_id)
    SELECT count(*)::int INTO quarantined FROM recorded;
  -- available_pair is empty, so the next tickets can start at the sequence's last value.
  UPDATE pool_cursor SET tail = (SELECT last_value FROM pool_ticket);
  WITH rejected AS (
    UPDATE unpaired_token SET rejected_because = 'restored' WHERE rejected_because IS NULL RETURNING token
  )
  SELECT count(*)::int INTO spare_tokens FROM rejected;
END $$;
