-- Returns the pair that an earlier execution of reserve with this id took, or no row when the
-- settler has quarantined the pair since.
CREATE OR REPLACE FUNCTION find_reserved(p_reservation_id uuid)
RETURNS TABLE (pair_id bigint, internal_token text, card_reference text)
LANGUAGE sql STABLE AS $$
  SELECT pair.id, pair.internal_token, pair.card_reference
  FROM reservation
  JOIN pair ON pair.id = reservation.pair_id
  WHERE reservation.id = p_reservation_id
$$;
