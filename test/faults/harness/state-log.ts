/**
 * Installs triggers that record every change of a pair's state in `fault_watch.edge`. They record
 * and never refuse, so the checker can find a change that the product's own triggers let pass.
 */
export const STATE_LOG = `
  CREATE SCHEMA fault_watch;
  CREATE TABLE fault_watch.edge (
    number bigint GENERATED ALWAYS AS IDENTITY,
    pair_id bigint,
    from_state text,
    to_state text,
    -- The reservation that holds the pair, or held it last.
    holder uuid,
    -- The reservation that made the change.
    taken_by uuid,
    adopted boolean,
    reason text,
    at timestamptz DEFAULT clock_timestamp()
  );
  -- The state of each pair after the changes so far.
  CREATE TABLE fault_watch.pair_state (pair_id bigint PRIMARY KEY, state text, holder uuid);
  CREATE FUNCTION fault_watch.record(p_pair_id bigint, p_to text, p_holder uuid, p_taken_by uuid, p_adopted boolean, p_reason text)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
  DECLARE
    former fault_watch.pair_state;
  BEGIN
    SELECT * INTO former FROM fault_watch.pair_state WHERE pair_id = p_pair_id;
    INSERT INTO fault_watch.edge (pair_id, from_state, to_state, holder, taken_by, adopted, reason)
      VALUES (p_pair_id, coalesce(former.state, 'none'), p_to, former.holder, p_taken_by, p_adopted, p_reason);
    INSERT INTO fault_watch.pair_state VALUES (p_pair_id, p_to, p_holder)
      ON CONFLICT (pair_id) DO UPDATE
        SET state = p_to, holder = CASE WHEN p_to = 'AVAILABLE' THEN NULL ELSE coalesce(p_holder, pair_state.holder) END;
  END $$;
  CREATE FUNCTION fault_watch.record_pair() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    -- POOLED is AVAILABLE, RESERVED or USED: the other triggers record which. An update by the relay
    -- of a pair that is already recorded as USED is no change.
    IF NEW.state <> 'POOLED' AND NOT (
      TG_OP = 'UPDATE' AND NEW.state = 'USED' AND NEW.adopted_at IS NULL
      AND EXISTS (
        SELECT FROM fault_watch.pair_state
        WHERE pair_id = NEW.id AND state = 'USED' AND holder IS NOT DISTINCT FROM NEW.reservation_id
      )
    ) THEN
      PERFORM fault_watch.record(NEW.id, NEW.state::text, NULL, NEW.reservation_id, NEW.adopted_at IS NOT NULL, NEW.reason);
    END IF;
    RETURN NULL;
  END $$;
  CREATE FUNCTION fault_watch.record_available() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    PERFORM fault_watch.record(id, 'AVAILABLE', NULL, released_by, false, reason) FROM pair WHERE id = NEW.pair_id;
    RETURN NULL;
  END $$;
  CREATE FUNCTION fault_watch.record_reservation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    PERFORM fault_watch.record(NEW.pair_id, 'RESERVED', NEW.id, NEW.id, false, NULL);
    RETURN NULL;
  END $$;
  CREATE FUNCTION fault_watch.record_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN
    -- If the pair's own row is already USED, the trigger on pair has recorded it.
    IF EXISTS (SELECT FROM pair WHERE id = NEW.pair_id AND state <> 'USED') THEN
      PERFORM fault_watch.record(NEW.pair_id, 'USED', NULL, NEW.reservation_id, false, NULL);
    END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER zz_watch_entry AFTER INSERT ON pair FOR EACH ROW EXECUTE FUNCTION fault_watch.record_pair();
  CREATE TRIGGER zz_watch_state AFTER UPDATE OF state ON pair FOR EACH ROW EXECUTE FUNCTION fault_watch.record_pair();
  CREATE TRIGGER zz_watch_available AFTER INSERT ON available_pair FOR EACH ROW EXECUTE FUNCTION fault_watch.record_available();
  CREATE TRIGGER zz_watch_reservation AFTER INSERT ON reservation FOR EACH ROW EXECUTE FUNCTION fault_watch.record_reservation();
  CREATE TRIGGER zz_watch_event AFTER INSERT ON outbox_event FOR EACH ROW EXECUTE FUNCTION fault_watch.record_event();
`;
