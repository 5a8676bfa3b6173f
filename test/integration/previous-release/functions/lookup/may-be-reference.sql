-- Whether a text may be a reference: at least one version of the format allows it. No version
-- allows a text that starts like a card number. A test compares the expression with
-- lambdas/tokenization/model/reference-format.ts for all combinations of six leading digits.
CREATE OR REPLACE FUNCTION may_be_reference(p_card_reference text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT p_card_reference ~ '^[0-9]{16}$'
    AND p_card_reference !~ '^([03-7]|1800|2(131|2(0[0-4]|2[1-9]|[3-9])|[3-6]|7([01]|20))|81|9792)'
$$;
