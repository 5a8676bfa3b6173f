-- An internal token has the form of one, and no reference starts like the number of an international card network: a card number
-- can stand in neither column, whoever writes it. The functions know all networks (may_be_new_reference); here are those that a mistake
-- would bring, because references that other versions of the format allowed may be written again when a read repairs their pair.
CREATE TRIGGER pair_form
  BEFORE INSERT ON pair
  FOR EACH ROW
  WHEN (
    (
      NEW.internal_token ~ '^[A-Za-z0-9_-]{20,64}$'
      AND NEW.card_reference !~ '^([3-6]|2(2(2[1-9]|[3-9])|[3-6]|7([01]|20))|0{16}$)'
    ) IS NOT TRUE
  )
  EXECUTE FUNCTION refuse_pair_change('an insert with this form of token or reference');
