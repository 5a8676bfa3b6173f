-- The forms of tokens differ from one TOME to another (docs/tome.md), so the trigger asks functions
-- that each migration installs for its profile. A changed profile needs no numbered migration.
--
-- A pair enters with an internal token of the profile's form. A STAGED pair has a reference that
-- the pool may take. A pair that TOME bound outside the pool may have any reference: NS2 has bound
-- it already (docs/design.md#reference-format). No internal token is the reference of another pair,
-- nor the reverse; pair_entry refuses a pair with two equal halves. Only insertions are checked, so
-- pairs of an earlier profile stay valid.
--
-- The functions exist when the first row is inserted: they are installed later in this transaction.
CREATE FUNCTION refuse_pair_form() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (
    is_internal_token(NEW.internal_token)
    AND CASE NEW.state
      WHEN 'STAGED' THEN may_be_new_reference(NEW.card_reference)
      ELSE may_be_reference(NEW.card_reference)
    END
    AND NOT is_stored_internal_token(NEW.card_reference)
    AND (length(NEW.internal_token) <> 16 OR NOT is_stored_reference(NEW.internal_token))
  ) IS NOT TRUE THEN
    -- The message does not contain the values, because one of them may be a card number.
    RAISE EXCEPTION 'pair: an insert with this form of token or reference is not an edge of a pair''s life'
      USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NEW;
END $$;

-- Replaced in place, which needs no lock that would make reads wait.
CREATE OR REPLACE TRIGGER pair_form
  BEFORE INSERT ON pair
  FOR EACH ROW
  EXECUTE FUNCTION refuse_pair_form();
