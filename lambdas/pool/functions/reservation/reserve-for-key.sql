-- reserve for a caller's Idempotency-Key, whose row is written in the same transaction. The primary
-- key of idempotency_key lets one execution in; every other one finds the row and learns:
--   reserved     the pair, and whether an earlier request made the reservation (is_resumed)
--   no-pair      the key is held and the pool is empty: the direct path is open
--   completed    the answer
--   in-progress  another request holds the key for so many seconds more
--   conflict     the key was used with another body
--
-- A key is answered only from its own row. The answer was written there by mark_used_for_key or
-- complete_idempotency_key, for this fingerprint and with NS1's word for this card. The state of the
-- pair that was reserved for the key is no proof: the pair can have left the reservation (quarantine,
-- restore fence) and be used for another card since.
--
-- One request takes over a hold that has run out, under the row's lock; from then on the former
-- holder can no longer give the pair back (release looks at is_resumed). How far the earlier request
-- came is read after that by a statement of its own, so the read is not older than the take-over. A
-- pair that is still reserved, or that the settler quarantined as stale, is tried again: that is safe
-- because the body, and with it the card, is the same, and NS1 decides. In every other case the
-- request starts again with a pair of its own. If an earlier request has bound the card, NS1 says so.
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
      AND (
        held_until <= now()
        -- No hold is longer: it was dated by a clock that has been set back since.
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
    INTO standing
    FROM idempotency_key
    LEFT JOIN pair ON pair.id = idempotency_key.pair_id
    LEFT JOIN reservation ON reservation.id = idempotency_key.reservation_id AND reservation.pair_id = idempotency_key.pair_id
    WHERE key_hash = p_key_hash;
  -- Forgotten in between: no row at all, and the caller begins anew.
  IF NOT FOUND THEN RETURN; END IF;
  IF standing.fingerprint <> p_fingerprint THEN
    outcome := 'conflict';
    RETURN NEXT; RETURN;
  END IF;

  card_reference := standing.card_reference;
  is_created := standing.created;
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
