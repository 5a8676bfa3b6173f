-- reserve for a creation with an Idempotency-Key. The row of the key is written in the same
-- transaction. Outcomes:
--
--   reserved     the pair, and whether an earlier request made the reservation (is_resumed)
--   no-pair      the pool is empty; the request holds the key and may use the direct path
--   completed    the answer of the key
--   in-progress  another request holds the key, for held_seconds more
--   conflict     the key was used with another body
--   (no row)     the key expired and was deleted meanwhile; the caller calls again
--
-- A key is answered only from its own row (see mark_used_for_key).
--
-- Concurrency: the primary key of idempotency_key lets one execution insert the row. Every other
-- one waits for it and then reads the row. When a hold has expired, one request takes it over under
-- the row's lock. From then on the earlier holder cannot release the pair (release checks
-- is_resumed). A separate query then reads how far the earlier request got, so it is not older than
-- the take-over. A pair that is still reserved, or that the settler quarantined as stale, is tried
-- again. That is safe because the body, and so the card, is the same, and NS1 decides. In all other
-- cases the request starts again with its own pair. If an earlier request has bound the card, NS1
-- reports it.
--
-- Safe to repeat: a second execution with the same reservation id finds its own hold, and returns
-- the pair of the first one.
CREATE OR REPLACE FUNCTION reserve_for_key(
  p_reservation_id uuid,
  p_key_hash bytea,
  p_fingerprint bytea,
  p_hold_seconds float8,
  p_retention_seconds float8
) RETURNS TABLE (
  outcome text,
  reservation_id uuid,
  pair_id bigint,
  internal_token text,
  card_reference text,
  is_resumed boolean,
  is_created boolean,
  held_seconds int
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  taken record;
  stored record;
  has_taken_over boolean;
  is_own boolean;
BEGIN
  INSERT INTO idempotency_key (key_hash, fingerprint, reservation_id, held_until, expires_at)
    VALUES (
      p_key_hash,
      p_fingerprint,
      p_reservation_id,
      now() + make_interval(secs => p_hold_seconds),
      now() + make_interval(secs => p_retention_seconds)
    )
    ON CONFLICT (key_hash) DO NOTHING;
  IF FOUND THEN
    SELECT * INTO taken FROM reserve(p_reservation_id);
    IF NOT FOUND THEN
      outcome := 'no-pair';
      RETURN NEXT; RETURN;
    END IF;
    UPDATE idempotency_key SET pair_id = taken.pair_id WHERE key_hash = p_key_hash;
    outcome := 'reserved'; reservation_id := p_reservation_id; is_resumed := false;
    pair_id := taken.pair_id; internal_token := taken.internal_token; card_reference := taken.card_reference;
    RETURN NEXT; RETURN;
  END IF;

  UPDATE idempotency_key
    SET held_until = now() + make_interval(secs => p_hold_seconds), is_resumed = true
    WHERE key_hash = p_key_hash
      AND fingerprint = p_fingerprint
      AND (
        held_until <= now()
        -- No hold is that long: the clock was set back after it was written.
        OR held_until > now() + make_interval(secs => greatest(p_hold_seconds, 60))
      )
      AND reservation_id <> p_reservation_id;
  has_taken_over := FOUND;

  SELECT
    idempotency_key.*,
    pair.internal_token,
    pair.card_reference AS pair_reference,
    pair.expires_at AS pair_expires_at,
    pair.state,
    pair.reason,
    pair.reservation_id AS pair_reservation_id,
    reservation.id AS open_reservation_id
    INTO stored
    FROM idempotency_key
    LEFT JOIN pair ON pair.id = idempotency_key.pair_id
    LEFT JOIN reservation
      ON reservation.id = idempotency_key.reservation_id AND reservation.pair_id = idempotency_key.pair_id
    WHERE key_hash = p_key_hash;
  -- The key expired and was deleted since the INSERT above.
  IF NOT FOUND THEN RETURN; END IF;
  IF stored.fingerprint <> p_fingerprint THEN
    outcome := 'conflict';
    RETURN NEXT; RETURN;
  END IF;

  card_reference := stored.card_reference;
  is_created := stored.created;
  IF card_reference IS NOT NULL THEN
    outcome := 'completed';
    RETURN NEXT; RETURN;
  END IF;

  -- Our own hold: an earlier execution was committed and its answer was lost. Nothing was sent to
  -- NS1 yet.
  is_own := stored.reservation_id = p_reservation_id AND NOT stored.is_resumed;
  IF NOT has_taken_over AND NOT is_own THEN
    outcome := 'in-progress';
    held_seconds := greatest(1, ceil(extract(epoch FROM stored.held_until - now())))::int;
    RETURN NEXT; RETURN;
  END IF;
  IF (stored.pair_expires_at IS NULL OR stored.pair_expires_at > now())
    AND (
      stored.open_reservation_id IS NOT NULL
      OR (stored.state = 'QUARANTINED'
        AND stored.reason = 'stale-reservation'
        AND stored.pair_reservation_id = stored.reservation_id)
    )
  THEN
    outcome := 'reserved'; reservation_id := stored.reservation_id; is_resumed := NOT is_own;
    pair_id := stored.pair_id; internal_token := stored.internal_token; card_reference := stored.pair_reference;
    RETURN NEXT; RETURN;
  END IF;
  SELECT * INTO taken FROM reserve(p_reservation_id);
  IF NOT FOUND THEN
    outcome := 'no-pair';
    RETURN NEXT; RETURN;
  END IF;
  UPDATE idempotency_key
    SET reservation_id = p_reservation_id, pair_id = taken.pair_id, is_resumed = false
    WHERE key_hash = p_key_hash;
  outcome := 'reserved'; reservation_id := p_reservation_id; is_resumed := false;
  pair_id := taken.pair_id; internal_token := taken.internal_token; card_reference := taken.card_reference;
  RETURN NEXT;
END $$;
