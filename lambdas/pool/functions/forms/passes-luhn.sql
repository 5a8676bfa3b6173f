-- Whether a text of digits has a valid check digit (ISO/IEC 7812-1, annex B). False for a text with
-- another character. A test compares it with lambdas/tokenization/model/luhn.ts.
CREATE OR REPLACE FUNCTION passes_luhn(p_text text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT p_text ~ '^[0-9]+$' AND (
    SELECT sum(CASE WHEN place % 2 = 1 THEN value WHEN value > 4 THEN 2 * value - 9 ELSE 2 * value END) % 10 = 0
    FROM (
      SELECT ascii(digit) - ascii('0') AS value, place
      FROM unnest(string_to_array(reverse(p_text), NULL)) WITH ORDINALITY AS given (digit, place)
    ) AS digits
  )
$$;
