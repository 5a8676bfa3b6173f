-- Checks the form of an internal token, and that no reference starts like the number of an
-- international card network. So a card number cannot be stored in either column, whichever code
-- writes it. The function may_be_new_reference checks the ranges of all networks. This trigger
-- checks only those that a mistake would most likely bring: a read that repairs a pair may have to
-- write a reference that an earlier version of the format allowed
-- (docs/design.md#reference-format).
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
