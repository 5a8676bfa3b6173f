-- Whether a text has the form of a new reference, by the newest version of the format
-- (lambdas/tokenization/model/reference-format.ts): 16 digits, and in no range in which a card
-- network issues numbers. A test compares the expression with that file for all combinations of six
-- leading digits.
CREATE OR REPLACE FUNCTION may_be_new_reference(p_card_reference text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT p_card_reference ~ '^[0-9]{16}$'
    AND p_card_reference !~ '^([03-7]|1(70019|800|946)|2(07177|131|2(0[0-5]|2[1-9]|[3-9])|[3-6]|7([01]|20)|86900)|8([12]|600)|9(0(3769|51)|112|417|682|7(04|[69]2)|8(60|91)|91975))'
$$;
