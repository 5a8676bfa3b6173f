-- Whether a text could be or contain a card number of any network, so that a rejected text must not
-- be stored: 13 digits or more, and either another character among them, more than 19 digits, or a
-- valid check digit. A test compares it with mayContainCardNumber in
-- lambdas/tokenization/model/card-networks.ts.
CREATE OR REPLACE FUNCTION may_contain_card_number(p_text text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN length(digits) < 13 THEN false
    WHEN length(digits) <> length(p_text) OR length(digits) > 19 THEN true
    ELSE passes_luhn(digits)
  END
  FROM (SELECT regexp_replace(p_text, '[^0-9]', '', 'g') AS digits) AS given
$$;
