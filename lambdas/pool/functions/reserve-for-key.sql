-- The same for a caller's Idempotency-Key (rule 6), whose row goes in the same transaction. The primary key of idempotency_key lets one
-- execution in; every other one finds the row and is told what it means:
--   reserved     the pair, and whether an earlier request made the reservation (is_resumed)
--   no-pair      the key is held and the pool is empty: the direct path is open
--   completed    the answer
--   in-progress  somebody holds the key for so many seconds more
--   conflict     another body
--
-- A hold that has run out is taken over under the row's lock by one request only, and from then on the former holder can no longer give the pair
-- back (release looks at is_resumed). Only then is it read how far the earlier request came, by a statement of its own, so that
-- the read is not older than the take-over: USED by its reservation -> the answer; in hand, or quarantined as stale by the settler -> the same
-- pair is driven to its end, which is safe because the body, and with it the card, is the same. Where nothing is left to go on with (the pool was
-- empty, or the pair was given back, taken out of circulation or has expired since, rule 8) the request begins anew as the key's first, with a pair of its own: NS1
-- binds a card once, whatever the earlier request may still do.
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
  standing record;
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
      AND held_until <= now()
      AND reservation_id <> p_reservation_id;
  has_taken_over := FOUND;

  SELECT
    idempotency_key.*,
    pair.internal_token,
    pair.card_reference AS pair_reference,
    pair.expires_at AS pair_expires_at,
    CASE WHEN pair.state = 'POOLED' AND outbox_event.pair_id IS NOT NULL THEN 'USED' ELSE pair.state END AS state,
    pair.reason,
    coalesce(pair.reservation_id, outbox_event.reservation_id) AS pair_reservation_id,
    reservation.id AS open_reservation_id
    INTO standing
    FROM idempotency_key
    LEFT JOIN pair ON pair.id = idempotency_key.pair_id
    LEFT JOIN reservation ON reservation.id = idempotency_key.reservation_id AND reservation.pair_id = idempotency_key.pair_id
    LEFT JOIN outbox_event ON outbox_event.pair_id = idempotency_key.pair_id
    WHERE key_hash = p_key_hash;
  -- Forgotten in between: no row at all, and the caller begins anew.
  IF NOT FOUND THEN RETURN; END IF;
  IF standing.fingerprint <> p_fingerprint THEN
    outcome := 'conflict';
    RETURN NEXT; RETURN;
  END IF;

  card_reference := standing.card_reference;
  is_created := standing.created;
  IF standing.card_reference IS NULL AND standing.state = 'USED' AND standing.pair_reservation_id = standing.reservation_id THEN
    card_reference := standing.pair_reference;
    is_created := true;
  END IF;
  IF card_reference IS NOT NULL THEN
    outcome := 'completed';
    RETURN NEXT; RETURN;
  END IF;

  -- Our own hold: an earlier execution was committed and its answer lost (rule 4), and nothing was sent to NS1 yet.
  is_own := standing.reservation_id = p_reservation_id AND NOT standing.is_resumed;
  IF NOT has_taken_over AND NOT is_own THEN
    outcome := 'in-progress';
    held_seconds := greatest(1, ceil(extract(epoch FROM standing.held_until - now())))::int;
    RETURN NEXT; RETURN;
  END IF;
  IF (standing.pair_expires_at IS NULL OR standing.pair_expires_at > now())
    AND (
      standing.open_reservation_id IS NOT NULL
      OR (standing.state = 'QUARANTINED'
        AND standing.reason = 'stale-reservation'
        AND standing.pair_reservation_id = standing.reservation_id)
    )
  THEN
    outcome := 'reserved'; reservation_id := standing.reservation_id; is_resumed := NOT is_own;
    pair_id := standing.pair_id; internal_token := standing.internal_token; card_reference := standing.pair_reference;
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
