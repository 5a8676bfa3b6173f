-- A pair's life (brief 2): STAGED -> AVAILABLE -> RESERVED -> USED, and QUARANTINED beside it.
--
-- The registry `pair` holds every pair that ever was; rows are never deleted and their two tokens never change. Beside it stand
-- small shelves that list who is in a passing state, so that no statement ever scans the tens of millions that are used.
-- No index contains a column that changes on the hot path: reserving and finishing a pair are HOT updates of its row.

CREATE TYPE pair_state AS ENUM ('STAGED', 'AVAILABLE', 'RESERVED', 'USED', 'QUARANTINED');

CREATE TABLE pair (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  internal_token text NOT NULL UNIQUE,
  card_reference text NOT NULL UNIQUE CHECK (card_reference ~ '^[0-9]{16}$'),
  state pair_state NOT NULL DEFAULT 'STAGED',
  -- prefetch: through the pool; direct: made by the direct path; repair: learnt from TOME by a read.
  origin text NOT NULL DEFAULT 'prefetch' CHECK (origin IN ('prefetch', 'direct', 'repair')),
  -- Who holds or last held it. Only that reservation may finish or give back the pair.
  reservation_id uuid,
  -- Written by the statement that ends a reservation, as proof that its author knows the reservation's id.
  settled_by uuid,
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
  used_at timestamptz,
  CHECK (internal_token <> card_reference)
) WITH (fillfactor = 70);

CREATE FUNCTION refuse_pair_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'pair: % is not an edge of a pair''s life', TG_ARGV[0]
    USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

-- The edges, as one condition on the row before and after. It is evaluated without calling a function, so a legal change pays nothing for it;
-- IS NOT TRUE, because a missing proof makes the condition NULL, not false.
-- It holds for whoever has the connection; a statement that means well but is late changes no row or is refused here.
CREATE TRIGGER pair_edges
  BEFORE UPDATE ON pair
  FOR EACH ROW
  WHEN (
    (
      NEW.id = OLD.id
      AND NEW.internal_token = OLD.internal_token
      AND NEW.card_reference = OLD.card_reference
      AND NEW.origin = OLD.origin
      AND NEW.staged_at = OLD.staged_at
      AND NEW.expires_at IS NOT DISTINCT FROM OLD.expires_at
      AND CASE OLD.state
        WHEN 'STAGED' THEN
          (NEW.state = 'AVAILABLE' AND NEW.available_at IS NOT NULL)
          OR (NEW.state = 'QUARANTINED' AND NEW.reason IS NOT NULL AND NEW.quarantined_at IS NOT NULL)
        WHEN 'AVAILABLE' THEN
          (NEW.state = 'RESERVED' AND NEW.reservation_id IS NOT NULL AND NEW.reserved_at IS NOT NULL)
          OR (NEW.state = 'QUARANTINED' AND NEW.reason IS NOT NULL AND NEW.quarantined_at IS NOT NULL)
        WHEN 'RESERVED' THEN
          (
            NEW.state = 'USED'
            AND NEW.used_at IS NOT NULL
            AND NEW.reservation_id = OLD.reservation_id
            AND (NEW.settled_by = OLD.reservation_id OR NEW.adopted_at IS NOT NULL)
          )
          OR (
            NEW.state = 'AVAILABLE'
            AND NEW.settled_by = OLD.reservation_id
            AND NEW.reservation_id IS NULL
            AND NEW.reason IN ('not-dispatched', 'card-already-bound')
          )
          OR (
            NEW.state = 'QUARANTINED'
            AND NEW.reservation_id = OLD.reservation_id
            AND NEW.reason IS NOT NULL
            AND NEW.quarantined_at IS NOT NULL
          )
        WHEN 'QUARANTINED' THEN
          NEW.state = 'USED'
          AND NEW.used_at IS NOT NULL
          AND NEW.reservation_id IS NOT DISTINCT FROM OLD.reservation_id
          AND (NEW.settled_by = OLD.reservation_id OR NEW.adopted_at IS NOT NULL)
        ELSE false
      END
    ) IS NOT TRUE
  )
  EXECUTE FUNCTION refuse_pair_change('this update');

-- A pair enters STAGED, before NS2 hears of it; or USED, when TOME bound it outside the pool (direct path, repair by a read).
CREATE TRIGGER pair_entry
  BEFORE INSERT ON pair
  FOR EACH ROW
  WHEN (
    (
      (NEW.state = 'STAGED' AND NEW.origin = 'prefetch' AND NEW.reservation_id IS NULL)
      OR (NEW.state = 'USED' AND NEW.origin IN ('direct', 'repair') AND NEW.used_at IS NOT NULL)
    ) IS NOT TRUE
  )
  EXECUTE FUNCTION refuse_pair_change('this insert');

CREATE TRIGGER pair_is_never_deleted
  BEFORE DELETE OR TRUNCATE ON pair
  FOR EACH STATEMENT
  EXECUTE FUNCTION refuse_pair_change('a delete');

-- The shelves. No foreign keys: each row is written by the statement that changes the pair's state, and the reserve statement
-- trusts the pair's state, not the shelf, so a stray row can cost a retry and never a pair.

CREATE TABLE staged_pair (
  pair_id bigint PRIMARY KEY,
  -- Failed mappings so far; those that failed least come first, and too many mean quarantine.
  failures int NOT NULL DEFAULT 0
) WITH (fillfactor = 80);

CREATE TABLE quarantined_pair (
  pair_id bigint PRIMARY KEY
);

-- What is on offer. A random position, so that clients start looking at different places.
CREATE TABLE available_pair (
  position double precision NOT NULL DEFAULT random(),
  pair_id bigint NOT NULL,
  expires_at timestamptz,
  PRIMARY KEY (position, pair_id)
);

-- Open reservations. The primary key decides whether a reservation id was used when a commit's outcome is unknown (rule 4).
CREATE TABLE reservation (
  id uuid PRIMARY KEY,
  pair_id bigint NOT NULL,
  reserved_at timestamptz NOT NULL DEFAULT now()
);

-- One row an event not yet sent, written by the statement that marks the pair USED (A7). The primary key makes it one for each pair.
CREATE TABLE outbox_event (
  pair_id bigint PRIMARY KEY,
  card_reference text NOT NULL,
  occurred_at timestamptz NOT NULL DEFAULT now(),
  attempts int NOT NULL DEFAULT 0,
  -- While a relay has it in hand, and after a failed attempt.
  not_before timestamptz NOT NULL DEFAULT now()
);

-- Events sent so far. Together with the outbox this counts the used pairs without looking at them.
CREATE TABLE sent_event_count (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  sent bigint NOT NULL DEFAULT 0
);
INSERT INTO sent_event_count DEFAULT VALUES;
