-- Makes the work of every job independent of how much is waiting: each job's search has an index in the order in which the job
-- takes its rows, so that a batch reads its own rows and nothing else (docs/capacity.md lists the tables and their indexes).

-- The relay takes events in the order in which they are due. Events in hand or postponed are due later, so they stand behind.
CREATE INDEX outbox_event_due ON outbox_event (not_before, pair_id);

-- Where the relay's search begins. Entries of events that were sent stay in the index until vacuum removes them, and a long
-- snapshot keeps vacuum from that; without this place each batch would read all of them again. It is a hint: take_events also
-- finds what stands before it.
CREATE TABLE outbox_cursor (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  due_from timestamptz NOT NULL DEFAULT '-infinity',
  pair_from bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20);
INSERT INTO outbox_cursor DEFAULT VALUES;

-- The settler takes the oldest reservations first. Insertions go to the index's right end, which is the cheapest place.
CREATE INDEX reservation_age ON reservation (reserved_at);

-- Pairs that expire soonest come first, for retiring them and for a creation that finds no row at its tickets. Pairs that never
-- expire stand together at the end, by ticket.
CREATE INDEX available_pair_expiry ON available_pair (expires_at, ticket);

-- Those that failed least often come first.
CREATE INDEX staged_pair_order ON staged_pair (failures, pair_id);

-- A copy of the pair's own, so that expired pairs are found without a look at each pair.
ALTER TABLE staged_pair ADD COLUMN expires_at timestamptz;
UPDATE staged_pair SET expires_at = pair.expires_at FROM pair WHERE pair.id = staged_pair.pair_id AND pair.expires_at IS NOT NULL;
CREATE INDEX staged_pair_expiry ON staged_pair (expires_at) WHERE expires_at IS NOT NULL;

-- A BRIN index cannot return the first few rows in order, so a purge by batches needs a B-tree.
DROP INDEX idempotency_key_expiry;
CREATE INDEX idempotency_key_expiry ON idempotency_key (expires_at);
-- A fifth of a day's keys is too much to wait for: the purge would pass the entries that it has deleted.
ALTER TABLE idempotency_key SET (autovacuum_vacuum_scale_factor = 0.02);

-- Spare tokens by expiry; rejected ones, which may be a million times as many, are not in this index.
CREATE INDEX unpaired_token_spare ON unpaired_token (namespace, expires_at) WHERE rejected_because IS NULL;
CREATE INDEX unpaired_token_rejected ON unpaired_token (stored_at) WHERE rejected_because IS NOT NULL;

CREATE INDEX prefetch_call_stored ON prefetch_call (stored_at) WHERE stored_at IS NOT NULL;
CREATE INDEX prefetch_call_unanswered ON prefetch_call (announced_at) WHERE stored_at IS NULL;

-- Tokens of which the database keeps only the number: issued = stored + forgotten + lost with an answer. By namespace and reason.
CREATE TABLE forgotten_token (
  namespace text NOT NULL CHECK (namespace IN ('ns1', 'ns2')),
  reason text NOT NULL CHECK (reason IN ('rejected', 'expired', 'unanswered')),
  tokens bigint NOT NULL,
  PRIMARY KEY (namespace, reason)
);

-- How many pairs were in quarantine, for how many go there in an hour.
ALTER TABLE pool_sample ADD COLUMN quarantined bigint;

-- A pair is put on offer in the transaction that activates or releases it. The times are compared one by one: after the clock was
-- set back, available_at may be later than now(), and the later of the two would not be this transaction's time.
CREATE OR REPLACE FUNCTION refuse_shelving() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1
    FROM shelved
    LEFT JOIN pair ON pair.id = shelved.pair_id
    WHERE pair.state IS DISTINCT FROM 'POOLED'
      OR (pair.available_at IS DISTINCT FROM now() AND pair.released_at IS DISTINCT FROM now())
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
