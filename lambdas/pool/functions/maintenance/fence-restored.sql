-- After a restore from backup nobody knows which of the pairs that look unused were given out since: none of them is ever offered again (rule 9).
-- Reads repair those that were. The prefetch lease is overtaken, so that a run that survived the restore cannot put its pairs on offer.
-- Spare tokens may have been paired since, too. Whoever is writing is waited for and everybody else kept out until the fence stands, or a
-- pair taken in the moment before would be missed, and could be given back after it. Reads go on.
CREATE OR REPLACE FUNCTION fence_restored(OUT quarantined int, OUT spare_tokens int) LANGUAGE plpgsql AS $$
BEGIN
  UPDATE job_lease SET fencing = fencing + 1000000, holder = 'restore fence', expires_at = '-infinity' WHERE job = 'prefetch';
  LOCK TABLE available_pair, reservation, pair, staged_pair IN EXCLUSIVE MODE;
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
    shelved AS (INSERT INTO quarantined_pair (pair_id) SELECT id FROM fenced RETURNING pair_id)
    SELECT count(*)::int INTO quarantined FROM shelved;
  -- Nothing stands before the next place any more.
  UPDATE pool_cursor SET tail = (SELECT last_value FROM pool_ticket);
  WITH rejected AS (
    UPDATE unpaired_token SET rejected_because = 'restored' WHERE rejected_because IS NULL RETURNING token
  )
  SELECT count(*)::int INTO spare_tokens FROM rejected;
END $$;
