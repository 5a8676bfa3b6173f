-- What stands around the pairs: callers' idempotency keys, the refill's lease and its bookkeeping, the direct path's budget.

-- Keyed hashes only (rule 6). The row is written by the statement that reserves the pair, and expires.
CREATE TABLE idempotency_key (
  key_hash bytea PRIMARY KEY,
  fingerprint bytea NOT NULL,
  reservation_id uuid,
  -- The pair reserved for this key; NULL when its creation took the direct path.
  pair_id bigint,
  -- The answer, when it is not the reserved pair's reference, and whether this key's request created it.
  card_reference text,
  created boolean,
  -- Whether a later request has taken the key up. Then no single request knows all that was sent to NS1.
  is_resumed boolean NOT NULL DEFAULT false,
  -- Until then the request that holds the key is taken to be alive; later the next one drives it to its end.
  held_until timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX idempotency_key_expiry ON idempotency_key USING brin (expires_at);

-- One run at a time for each job. The number only grows; a run that was overtaken finds another number and stops (rule 7).
CREATE TABLE job_lease (
  job text PRIMARY KEY,
  fencing bigint NOT NULL,
  holder text NOT NULL,
  expires_at timestamptz NOT NULL
);

-- Each prefetch call, announced before it is made. One that was never answered counts as a leak of what it asked for.
CREATE TABLE prefetch_call (
  id uuid PRIMARY KEY,
  namespace text NOT NULL CHECK (namespace IN ('ns1', 'ns2')),
  fencing bigint NOT NULL,
  requested int NOT NULL,
  announced_at timestamptz NOT NULL DEFAULT now(),
  stored_at timestamptz
);

-- Tokens without a partner: left over from a short answer, or refused by the reference format and kept out of use for ever.
CREATE TABLE unpaired_token (
  namespace text NOT NULL CHECK (namespace IN ('ns1', 'ns2')),
  token text NOT NULL,
  expires_at timestamptz,
  rejected_because text,
  stored_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (namespace, token)
);

-- Direct creations in each second, counted for all instances together.
CREATE TABLE direct_path_second (
  second timestamptz PRIMARY KEY,
  creations int NOT NULL
);

-- The one open request for an emergency refill.
CREATE TABLE refill_request (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  requested_at timestamptz NOT NULL DEFAULT now()
);

-- The pool's level each minute; its differences are the consumption and refill rates.
CREATE TABLE pool_sample (
  sampled_at timestamptz PRIMARY KEY DEFAULT now(),
  available bigint NOT NULL,
  used bigint NOT NULL
);

-- How long refills took, which the next low-water mark is made of. Kept for a day.
CREATE TABLE refill_run (
  started_at timestamptz PRIMARY KEY,
  ended_at timestamptz NOT NULL DEFAULT now(),
  activated bigint NOT NULL
);

-- Which text of the functions is installed.
CREATE TABLE installed_functions (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  checksum text NOT NULL,
  installed_at timestamptz NOT NULL DEFAULT now()
);
