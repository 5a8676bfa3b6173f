-- The life of a pair: STAGED -> AVAILABLE -> RESERVED -> USED, and QUARANTINED
-- (docs/design.md#the-life-of-a-pair). The view `pair_life` computes these five states.
--
-- The table `pair` holds every pair. Its rows are never deleted and their two tokens never change.
-- Small tables list the pairs in a passing state, so that no statement scans the tens of millions
-- of used pairs. From AVAILABLE until the relay has closed the event, `pair.state` is POOLED, and
-- the table that lists the pair says the rest: `available_pair` (AVAILABLE), `reservation`
-- (RESERVED) or `outbox_event` (USED, event not closed yet). So reserving and using a pair move a
-- row between small tables and do not write `pair`. The relay sets `pair.state` to USED in batches,
-- when it closes the events. An update of `pair` in mark_used cost more than the rest of mark_used
-- (docs/performance.md).
--
-- Only functions (../functions) change a pair's state: the roles that serve requests may execute
-- some of them and have no other right. The triggers in this file also hold for roles with more
-- rights.

-- In the order of life, because the trigger pair_state_goes_forward compares states by this order.
CREATE TYPE pair_state AS ENUM ('STAGED', 'POOLED', 'QUARANTINED', 'USED');

CREATE TABLE pair (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  internal_token text NOT NULL UNIQUE,
  card_reference text NOT NULL UNIQUE,
  state pair_state NOT NULL DEFAULT 'STAGED',
  -- prefetch: through the pool; direct: created by the direct path; repair: learnt from TOME by a
  -- read.
  origin text NOT NULL DEFAULT 'prefetch',
  -- The reservation that used the pair, or held it when it was quarantined. The owner of that
  -- reservation may still use the pair.
  reservation_id uuid,
  -- The reservation that last released the pair.
  released_by uuid,
  -- Why the pair was released, quarantined or adopted.
  reason text,
  -- The earlier expiry of the two tokens minus the margin; NULL when TOME's tokens do not expire.
  expires_at timestamptz,
  -- The times of the pair's changes, always from the database's clock.
  staged_at timestamptz NOT NULL DEFAULT now(),
  available_at timestamptz,
  reserved_at timestamptz,
  released_at timestamptz,
  quarantined_at timestamptz,
  adopted_at timestamptz,
  used_at timestamptz
) WITH (
  fillfactor = 70,
  -- The default, a fifth of tens of millions of rows, would delay vacuum for too long.
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_insert_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.05
);

CREATE FUNCTION refuse_pair_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'pair: % is not an edge of a pair''s life', TG_ARGV[0]
    USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

-- These triggers check `pair` alone. The functions, and the triggers below, keep it consistent with
-- the small tables.
CREATE TRIGGER pair_state_goes_forward
  AFTER UPDATE OF state ON pair
  FOR EACH ROW
  WHEN (NEW.state <= OLD.state OR (OLD.state = 'STAGED' AND NEW.state = 'USED'))
  EXECUTE FUNCTION refuse_pair_change('this update');

-- Fires when a statement names one of these columns, even if the value stays the same.
CREATE TRIGGER pair_tokens_never_change
  BEFORE UPDATE OF id, internal_token, card_reference, origin, expires_at, staged_at ON pair
  FOR EACH ROW
  EXECUTE FUNCTION refuse_pair_change('a change of what a pair is');

-- A pair is inserted as STAGED, before its tokens are sent to NS2, or as USED, when TOME bound it
-- outside the pool (direct path, or repair by a read). The form of the tokens is checked here and
-- not by CHECK constraints, because these would be evaluated at each later update too.
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
  -- Failed attempts to bind the pair on NS2. Pairs with fewer failures are tried first; too many
  -- failures lead to quarantine.
  failures int NOT NULL DEFAULT 0
) WITH (fillfactor = 80);

CREATE TABLE quarantined_pair (
  pair_id bigint PRIMARY KEY
);

-- The available pairs, by ticket. A reservation draws the next ticket from the sequence and deletes
-- the row with that ticket by primary key. So clients address different rows, do not compete for
-- the head of a queue, and dead rows that vacuum cannot remove yet do not slow them down.
-- docs/design.md#how-a-pair-is-reserved has the rest, and docs/design.md#locks the cases in which
-- clients meet at the same row. The row holds both tokens, so that taking a pair does not touch
-- `pair`.
--
-- The rows of this table and of the two tables below are inserted and deleted quickly. Vacuum
-- starts after a fixed number of dead rows and not at a share of the table. It keeps empty pages
-- for the next rows, which saves an exclusive lock and the extension of the file.
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

-- tail is the last ticket that was issued to a row, and no row is expected below floor. The lock of
-- this row makes transactions that add available pairs run one after the other.
CREATE TABLE pool_cursor (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  tail bigint NOT NULL DEFAULT 0,
  floor bigint NOT NULL DEFAULT 1
) WITH (fillfactor = 20);
INSERT INTO pool_cursor DEFAULT VALUES;

-- Open reservations. When the outcome of a commit is unknown, the primary key decides whether the
-- reservation id was used (docs/design.md#retries-after-a-lost-commit). The other unique index
-- allows one reservation for each pair.
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

-- Pairs become available rarely and many at a time, so this check does not slow down creations. A
-- pair becomes available in the transaction that activates or releases it, where now() is the time
-- that this transaction writes to `pair`. It never happens later, so no timer can make a pair
-- available again (docs/design.md#an-uncertain-pair-is-never-offered-again).
CREATE TRIGGER only_free_pairs_are_offered
  AFTER INSERT ON available_pair
  REFERENCING NEW TABLE AS shelved
  FOR EACH STATEMENT
  EXECUTE FUNCTION refuse_shelving();

-- A row of these tables may be deleted or get another ticket, but never changes its pair. The
-- triggers fire when a statement names one of these columns, which no function does.
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

-- One row for each event that is not closed yet (docs/design.md#events-through-an-outbox). The
-- insertion of this row uses the pair: mark_used replaces the row of `reservation` by it. The
-- primary key allows one event for each pair.
CREATE TABLE outbox_event (
  pair_id bigint PRIMARY KEY,
  -- The reservation that used the pair, until the relay writes it to `pair`; NULL when `pair` was
  -- inserted or updated as USED in the same transaction as the event.
  reservation_id uuid,
  reserved_at timestamptz,
  occurred_at timestamptz NOT NULL DEFAULT now(),
  attempts int NOT NULL DEFAULT 0,
  -- A relay takes the event at this time at the earliest: after the lease of another relay, or
  -- after the pause that follows a failed attempt.
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

-- A used pair stays used, also while `pair.state` is still POOLED.
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

-- A pair that is used or quarantined is never available, and a pair of the pool is used only
-- through a reservation. Checked after the statement. mark_used does not update `pair`, so
-- creations do not wait for this check.
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

-- For operators, and for the checker of invariants.
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

-- How many events were sent. This number plus the rows of outbox_event is the number of used pairs,
-- without a scan of `pair`.
CREATE TABLE sent_event_count (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  sent bigint NOT NULL DEFAULT 0
);
INSERT INTO sent_event_count DEFAULT VALUES;
