-- Makes the work of each job independent of how many rows wait. The search of each job has an index
-- in the order in which the job takes its rows, so a batch reads only its own rows
-- (docs/capacity.md lists the tables and their indexes).

-- The relay takes events in the order in which they are due. Leased and postponed events are due
-- later, so they are behind the others in the index.
CREATE INDEX outbox_event_due ON outbox_event (not_before, pair_id);

-- Where the relay's search starts. Index entries of sent events remain until vacuum removes them,
-- and a long snapshot prevents that. Without this position, each batch would read all of them
-- again. It is only a hint: take_events also finds events before it.
CREATE TABLE outbox_cursor (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  due_from timestamptz NOT NULL DEFAULT '-infinity',
  pair_from bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20);
INSERT INTO outbox_cursor DEFAULT VALUES;

-- The settler takes the oldest reservations first. Insertions go to the right end of the index,
-- which is the cheapest place.
CREATE INDEX reservation_age ON reservation (reserved_at);

-- Pairs with the earliest expiry come first, for retirement and for a creation that finds no row at
-- its tickets. Pairs that do not expire are at the end, by ticket.
CREATE INDEX available_pair_expiry ON available_pair (expires_at, ticket);

-- Pairs with fewer failures are tried first.
CREATE INDEX staged_pair_order ON staged_pair (failures, pair_id);

-- A copy of pair.expires_at, so that expired pairs are found without reading each row of `pair`.
ALTER TABLE staged_pair ADD COLUMN expires_at timestamptz;
UPDATE staged_pair SET expires_at = pair.expires_at FROM pair WHERE pair.id = staged_pair.pair_id AND pair.expires_at IS NOT NULL;
CREATE INDEX staged_pair_expiry ON staged_pair (expires_at) WHERE expires_at IS NOT NULL;

-- A BRIN index cannot return the first few rows in order. A purge in batches needs a B-tree.
DROP INDEX idempotency_key_expiry;
CREATE INDEX idempotency_key_expiry ON idempotency_key (expires_at);
-- The default, a fifth of a day's keys, would delay vacuum for too long: the purge would pass the
-- index entries of the keys that it has deleted.
ALTER TABLE idempotency_key SET (autovacuum_vacuum_scale_factor = 0.02);

-- Spare tokens by expiry. Rejected tokens, which may be a million times as many, are not in this
-- index.
CREATE INDEX unpaired_token_spare ON unpaired_token (namespace, expires_at) WHERE rejected_because IS NULL;
CREATE INDEX unpaired_token_rejected ON unpaired_token (stored_at) WHERE rejected_because IS NOT NULL;

CREATE INDEX prefetch_call_stored ON prefetch_call (stored_at) WHERE stored_at IS NOT NULL;
CREATE INDEX prefetch_call_unanswered ON prefetch_call (announced_at) WHERE stored_at IS NULL;

-- Tokens of which the database keeps only the number, by namespace and reason: issued = stored +
-- forgotten + lost with an answer.
CREATE TABLE forgotten_token (
  namespace text NOT NULL CHECK (namespace IN ('ns1', 'ns2')),
  reason text NOT NULL CHECK (reason IN ('rejected', 'expired', 'unanswered')),
  tokens bigint NOT NULL,
  PRIMARY KEY (namespace, reason)
);

-- How many pairs were in quarantine. The differences give the pairs quarantined in an hour.
ALTER TABLE pool_sample ADD COLUMN quarantined bigint;

-- A pair becomes available in the transaction that activates or releases it. The times are compared
-- one by one. After the clock was set back, available_at may be later than now(), and then the
-- later of the two times would not be the time of this transaction.
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
