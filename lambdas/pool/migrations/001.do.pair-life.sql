-- A pair's life (brief 2): STAGED -> AVAILABLE -> RESERVED -> USED, and QUARANTINED beside it.
--
-- The registry `pair` holds every pair that ever was; rows are never deleted and their two tokens never change. Beside it stand
-- small shelves that list who is in a passing state, so that no statement ever scans the tens of millions that are used.
-- From STAGED to USED a pair is POOLED, and the shelf that it stands on says the rest: `available_pair` on offer, `reservation` in
-- somebody's hand, `outbox_event` used with its event still to be sent. So reserving and using a pair move a row from shelf to shelf and leave
-- the registry alone; the relay files used pairs there, many at a time, as it closes their events. An update of the registry in mark_used
-- cost more than all the rest of it (docs/performance.md has the figures). The view `pair_life` gives the five states their names.
--
-- Functions (../functions) are the only way to take an edge: the roles that serve requests may execute some of them, and nothing else.
-- The triggers here hold for whoever has more rights than that.

-- In the order of life: a pair's state only ever goes forward.
CREATE TYPE pair_state AS ENUM ('STAGED', 'POOLED', 'QUARANTINED', 'USED');

CREATE TABLE pair (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  internal_token text NOT NULL UNIQUE,
  card_reference text NOT NULL UNIQUE,
  state pair_state NOT NULL DEFAULT 'STAGED',
  -- prefetch: through the pool; direct: made by the direct path; repair: learnt from TOME by a read.
  origin text NOT NULL DEFAULT 'prefetch',
  -- The reservation that used it, or held it when it went to quarantine: whose owner may still finish it.
  reservation_id uuid,
  -- The reservation that last gave it back.
  released_by uuid,
  -- Why the pair left the ordinary road: a release, a quarantine, an adoption.
  reason text,
  -- The earlier of the two tokens' expiries less the margin; NULL when TOME's tokens do not expire.
  expires_at timestamptz,
  -- The pair's history, always by the database's clock.
  staged_at timestamptz NOT NULL DEFAULT now(),
  available_at timestamptz,
  reserved_at timestamptz,
  released_at timestamptz,
  quarantined_at timestamptz,
  adopted_at timestamptz,
  used_at timestamptz
) WITH (
  fillfactor = 70,
  -- A fifth of tens of millions is too much to wait for.
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_insert_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.05
);

CREATE FUNCTION refuse_pair_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'pair: % is not an edge of a pair''s life', TG_ARGV[0]
    USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

-- Whether a row stands on the right shelf is the business of the functions; these keep the registry itself.
CREATE TRIGGER pair_state_goes_forward
  AFTER UPDATE OF state ON pair
  FOR EACH ROW
  WHEN (NEW.state <= OLD.state OR (OLD.state = 'STAGED' AND NEW.state = 'USED'))
  EXECUTE FUNCTION refuse_pair_change('this update');

-- Fires by the columns that a statement names.
CREATE TRIGGER pair_tokens_never_change
  BEFORE UPDATE OF id, internal_token, card_reference, origin, expires_at, staged_at ON pair
  FOR EACH ROW
  EXECUTE FUNCTION refuse_pair_change('a change of what a pair is');

-- A pair enters STAGED, before NS2 hears of it; or USED, when TOME bound it outside the pool (direct path, repair by a read). The
-- form of its tokens is looked at here and not by CHECK constraints, which would be evaluated at each later update as well.
CREATE TRIGGER pair_entry
  BEFORE INSERT ON pair
  FOR EACH ROW
  WHEN (
    (
      NEW.card_reference ~ '^[0-9]{16}$'
      AND NEW.internal_token <> NEW.card_reference
      AND (
        (NEW.state = 'STAGED' AND NEW.origin = 'prefetch' AND NEW.reservation_id IS NULL)
        OR (NEW.state = 'USED' AND NEW.origin IN ('direct', 'repair') AND NEW.used_at IS NOT NULL)
      )
    ) IS NOT TRUE
  )
  EXECUTE FUNCTION refuse_pair_change('this insert');

CREATE TRIGGER pair_is_never_deleted
  BEFORE DELETE OR TRUNCATE ON pair
  FOR EACH STATEMENT
  EXECUTE FUNCTION refuse_pair_change('a delete');

CREATE TABLE staged_pair (
  pair_id bigint PRIMARY KEY,
  -- Failed mappings so far; those that failed least come first, and too many mean quarantine.
  failures int NOT NULL DEFAULT 0
) WITH (fillfactor = 80);

CREATE TABLE quarantined_pair (
  pair_id bigint PRIMARY KEY
);

-- What is on offer, by ticket. A reservation draws the next ticket from the sequence and takes that row: no two clients ever look at the same
-- one, nobody fights for the head of a queue, and nothing is searched, so that dead rows that vacuum cannot take away yet do not
-- slow it down. The two tokens stand here too, so that taking a pair does not touch the registry.
-- This shelf and the two below turn over quickly: vacuumed by count and not by share, and their empty pages are kept for the next rows, which spares
-- an exclusive lock and the growing again.
CREATE TABLE available_pair (
  ticket bigint PRIMARY KEY,
  pair_id bigint NOT NULL UNIQUE,
  internal_token text NOT NULL,
  card_reference text NOT NULL,
  expires_at timestamptz
) WITH (
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_scale_factor = 0,
  vacuum_truncate = false
);
CREATE SEQUENCE pool_ticket;

-- Where the tickets end, and before which ticket nothing is left. Its row lock makes those who put pairs on offer take turns.
CREATE TABLE pool_cursor (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  tail bigint NOT NULL DEFAULT 0,
  floor bigint NOT NULL DEFAULT 1
) WITH (fillfactor = 20);
INSERT INTO pool_cursor DEFAULT VALUES;

-- Open reservations. The primary key decides whether a reservation id was used when a commit's outcome is unknown (rule 4); the
-- other index keeps a pair in one hand.
CREATE TABLE reservation (
  id uuid PRIMARY KEY,
  pair_id bigint NOT NULL UNIQUE,
  reserved_at timestamptz NOT NULL DEFAULT now()
) WITH (
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_scale_factor = 0,
  vacuum_truncate = false
);

CREATE FUNCTION refuse_shelving() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1
    FROM shelved
    LEFT JOIN pair ON pair.id = shelved.pair_id
    WHERE pair.state IS DISTINCT FROM 'POOLED'
      OR greatest(pair.available_at, pair.released_at) IS DISTINCT FROM now()
      OR (pair.internal_token, pair.card_reference, pair.expires_at)
        IS DISTINCT FROM (shelved.internal_token, shelved.card_reference, shelved.expires_at)
      OR EXISTS (SELECT 1 FROM reservation WHERE reservation.pair_id = shelved.pair_id)
      OR EXISTS (SELECT 1 FROM outbox_event WHERE outbox_event.pair_id = shelved.pair_id)
  ) THEN
    RAISE EXCEPTION 'available_pair: only a pair that was just activated or given back, and that nobody holds, is put on offer'
      USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NULL;
END $$;

-- Putting on offer is rare and in bulk, so the look costs nothing where it matters. It happens in the transaction that activates the pair or
-- writes down who gave it back and why (now() is that transaction's own time), and never later: no timer can put a pair back (rule 1).
CREATE TRIGGER only_free_pairs_are_offered
  AFTER INSERT ON available_pair
  REFERENCING NEW TABLE AS shelved
  FOR EACH STATEMENT
  EXECUTE FUNCTION refuse_shelving();

-- A row on these shelves may move or go, and never stand for another pair. Fires by the columns that a statement names, which no function does.
CREATE FUNCTION refuse_shelf_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%: a row never stands for another pair', TG_TABLE_NAME
    USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;
CREATE TRIGGER offered_pair_never_changes
  BEFORE UPDATE OF pair_id, internal_token, card_reference, expires_at ON available_pair
  FOR EACH ROW
  EXECUTE FUNCTION refuse_shelf_change();
CREATE TRIGGER held_pair_never_changes
  BEFORE UPDATE OF id, pair_id ON reservation
  FOR EACH ROW
  EXECUTE FUNCTION refuse_shelf_change();

-- One row an event not yet sent (A7). To write it is to use the pair: mark_used moves the reservation here. The primary key makes it one for
-- each pair.
CREATE TABLE outbox_event (
  pair_id bigint PRIMARY KEY,
  -- The reservation that used the pair, until the registry has it; NULL where the registry was told at once.
  reservation_id uuid,
  reserved_at timestamptz,
  occurred_at timestamptz NOT NULL DEFAULT now(),
  attempts int NOT NULL DEFAULT 0,
  -- While a relay has it in hand, and after a failed attempt.
  not_before timestamptz NOT NULL DEFAULT now()
) WITH (
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_scale_factor = 0,
  vacuum_truncate = false
);

CREATE FUNCTION refuse_quarantine_of_used() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM outbox_event WHERE pair_id = NEW.id) THEN
    RAISE EXCEPTION 'pair: a used pair never goes to quarantine'
      USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NEW;
END $$;

-- USED is for ever, in the registry or not yet.
CREATE TRIGGER pair_used_is_for_ever
  BEFORE UPDATE OF state ON pair
  FOR EACH ROW
  WHEN (OLD.state = 'POOLED' AND NEW.state = 'QUARANTINED')
  EXECUTE FUNCTION refuse_quarantine_of_used();

CREATE FUNCTION refuse_leaving_pool() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.state = 'USED' AND NEW.reservation_id IS NULL)
    OR EXISTS (SELECT FROM available_pair WHERE pair_id = NEW.id)
    OR EXISTS (SELECT FROM reservation WHERE pair_id = NEW.id)
  THEN
    RAISE EXCEPTION 'pair: it leaves the pool off every shelf, and as used only by a reservation'
      USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NULL;
END $$;

-- A pair that is used or in quarantine is never on offer, and what was used was reserved. Looked at when the statement is done. The hot path does not
-- update the registry, so nobody waits for this.
CREATE TRIGGER pair_leaves_pool_off_every_shelf
  AFTER UPDATE OF state ON pair
  FOR EACH ROW
  WHEN (OLD.state = 'POOLED' AND NEW.state <> 'POOLED')
  EXECUTE FUNCTION refuse_leaving_pool();

CREATE FUNCTION refuse_unfiled_close() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM closed JOIN pair ON pair.id = closed.pair_id WHERE pair.state <> 'USED') THEN
    RAISE EXCEPTION 'outbox_event: an event is closed when its pair stands as used in the registry'
      USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER only_filed_events_are_closed
  AFTER DELETE ON outbox_event
  REFERENCING OLD TABLE AS closed
  FOR EACH STATEMENT
  EXECUTE FUNCTION refuse_unfiled_close();

-- For people, and for the checker.
CREATE VIEW pair_life AS
SELECT
  pair.id AS pair_id,
  pair.internal_token,
  pair.card_reference,
  CASE
    WHEN pair.state <> 'POOLED' THEN pair.state::text
    WHEN outbox_event.pair_id IS NOT NULL THEN 'USED'
    WHEN reservation.id IS NULL THEN 'AVAILABLE'
    ELSE 'RESERVED'
  END AS state,
  coalesce(pair.reservation_id, outbox_event.reservation_id, reservation.id) AS reservation_id,
  pair.reason,
  pair.origin,
  pair.staged_at,
  pair.available_at,
  coalesce(reservation.reserved_at, outbox_event.reserved_at, pair.reserved_at) AS reserved_at,
  pair.released_at,
  pair.quarantined_at,
  pair.adopted_at,
  coalesce(pair.used_at, outbox_event.occurred_at) AS used_at
FROM pair
LEFT JOIN reservation ON reservation.pair_id = pair.id
LEFT JOIN outbox_event ON outbox_event.pair_id = pair.id;

-- Events sent so far. Together with the outbox this counts the used pairs without looking at them.
CREATE TABLE sent_event_count (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  sent bigint NOT NULL DEFAULT 0
);
INSERT INTO sent_event_count DEFAULT VALUES;
