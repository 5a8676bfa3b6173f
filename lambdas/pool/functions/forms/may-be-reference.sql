-- Whether a text may be the reference of a pair that TOME bound outside the pool. Its starts are
-- not checked: NS2 has bound it already, and a card whose reference could not be stored would need
-- more calls for each read (docs/decisions/0052-store-every-reference-that-ns2-has-bound.md). The
-- body is that of the default profile of TOME. The migration replaces it by the form of its own
-- profile (install/form-bodies.ts): if internal tokens can have 16 digits and the profile tells
-- them apart from references by form, a text with the form of an internal token is no reference.
--
-- Safe for stored pairs: only insertions ask this function.
CREATE OR REPLACE FUNCTION may_be_reference(p_card_reference text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT length(p_card_reference) = 16
    AND p_card_reference ~ '^[0-9]+$'
$$;
