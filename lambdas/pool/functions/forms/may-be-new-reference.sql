-- Whether a text has the form of a new reference: 16 digits, and in no range in which a card
-- network issues numbers, by the newest version of the format
-- (lambdas/tokenization/model/reference-format.ts). The body is that of the default profile of
-- TOME. The migration replaces it by the form of its own profile, with that profile's forbidden
-- starts (install/form-bodies.ts).
--
-- Safe for stored pairs: only insertions of STAGED pairs ask this function. A pair that was stored
-- under an earlier version or profile stays as it is.
CREATE OR REPLACE FUNCTION may_be_new_reference(p_card_reference text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT length(p_card_reference) = 16
    AND p_card_reference ~ '^[0-9]+$'
    AND p_card_reference !~ '^([03-7]|1(70019|800|946)|2(07177|131|2(0[0-5]|2[1-9]|[3-9])|[3-6]|7([01]|20)|86900)|8([12]|600)|9(0(3769|51)|112|417|682|7(04|[69]2)|8(60|91)|91975))'
$$;
